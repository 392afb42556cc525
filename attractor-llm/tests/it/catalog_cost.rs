//! Cost: usage and prices to whole micro-dollars.

use attractor_llm::ErrorKind;
use attractor_llm::Usage;
use attractor_llm::catalog::{Cost, Price, cost};
use proptest::prelude::{any, prop_assert_eq, proptest};

#[track_caller]
fn check(model: &str, usage: Usage, micro_usd: u64) {
    assert_eq!(
        cost(model, &usage),
        Some(Cost::from_micro_usd(micro_usd)),
        "{model}"
    );
}

#[test]
fn input_and_output_have_their_prices() {
    // Sonnet 4.5: 3 dollars in, 15 out.
    check("claude-sonnet-4-5", Usage::new(1_000, 500), 3_000 + 7_500);
    check("claude-sonnet-4-5", Usage::default(), 0);
}

#[test]
fn cached_tokens_beside_the_input_are_added() {
    // Sonnet 4.5: 0.30 dollars read, 3.75 written.
    let usage = Usage::new(1_000, 0).cache_beside_input(Some(10_000), Some(2_000));
    check("claude-sonnet-4-5", usage, 3_000 + 3_000 + 7_500);
}

#[test]
fn an_hour_in_the_cache_has_its_own_price() {
    // Sonnet 4.5: 3.75 dollars for five minutes, 6 for an hour.
    let stored = Usage::new(0, 0).cache_beside_input(None, Some(3_000));
    let usage = stored.clone().cache_write_long_tokens(Some(1_000));
    check("claude-sonnet-4-5", usage, 7_500 + 6_000);
    check("claude-sonnet-4-5", stored.clone(), 11_250);
    check(
        "openai/gpt-5.2",
        stored.cache_write_long_tokens(Some(3_000)),
        5_250,
    );
}

#[test]
fn cached_tokens_within_the_input_are_taken_out() {
    // GPT-5.2: 1.75 in, 0.175 read.
    let usage = Usage::new(10_000, 0).cache_within_input(Some(8_000), None);
    check("openai/gpt-5.2", usage, 3_500 + 1_400);
}

#[test]
fn without_a_cache_price_cached_tokens_cost_what_input_costs() {
    check(
        "gpt-5-pro",
        Usage::new(1_000, 0).cache_within_input(Some(400), Some(100)),
        15_000,
    );
}

#[test]
fn a_large_prompt_puts_all_tokens_into_the_dearer_tier() {
    // Gemini 2.5 Pro: 1.25 and 10 up to 200,000 tokens, 2.5 and 15 beyond; cached 0.125 and 0.25.
    check(
        "gemini-2.5-pro",
        Usage::new(200_000, 1_000),
        250_000 + 10_000,
    );
    check(
        "gemini-2.5-pro",
        Usage::new(200_001, 1_000),
        500_003 + 15_000,
    );
    let cached = Usage::new(300_000, 0).cache_within_input(Some(300_000), None);
    check("gemini-2.5-pro", cached, 75_000);
}

#[test]
fn the_threshold_counts_cached_tokens_too() {
    // Haiku 5.5: above 100,000 tokens 0.5 in, 0.05 read.
    let usage = Usage::new(1_000, 0).cache_beside_input(Some(100_000), None);
    check("claude-haiku-5-5", usage, 500 + 5_000);
}

#[test]
fn reasoning_counts_once_whether_within_or_beside_the_output() {
    let within = Usage::new(100, 50).reasoning_tokens(Some(40));
    let mut beside = Usage::new(100, 10).reasoning_tokens(Some(40));
    beside.total_tokens = 150;
    assert_eq!(
        cost("gemini-2.5-flash", &within),
        cost("gemini-2.5-flash", &beside)
    );
}

#[test]
fn halves_are_rounded_up_once() {
    // Haiku 4.5: one token in is exactly a micro-dollar, one token read a tenth of one.
    let read = |tokens| Usage::new(0, 0).cache_beside_input(Some(tokens), None);
    check("claude-haiku-4-5", read(4), 0);
    check("claude-haiku-4-5", read(5), 1);
    check("claude-haiku-4-5", read(14), 1);
    let mixed = Usage::new(1, 0).cache_beside_input(Some(4), None);
    check("claude-haiku-4-5", mixed, 1);
}

#[test]
fn a_free_model_costs_nothing_and_an_unknown_one_has_no_cost() {
    check("gemma-4-31b-it", Usage::new(1_000_000, 1_000_000), 0);
    assert_eq!(cost("my-own-model", &Usage::new(1, 1)), None);
}

#[test]
fn a_cost_is_shown_exactly_with_at_least_two_places() {
    let shown = |micro_usd| Cost::from_micro_usd(micro_usd).to_string();
    assert_eq!(shown(0), "$0.00");
    assert_eq!(shown(12_300), "$0.0123");
    assert_eq!(shown(1_500_000), "$1.50");
    assert_eq!(shown(1), "$0.000001");
    assert_eq!(shown(1_234_567_891), "$1234.567891");
}

#[test]
fn what_is_no_amount_is_refused() {
    for text in [
        "",
        "$",
        "-1",
        "1.",
        ".5",
        "1,5",
        "1.0000001",
        "1e3",
        "99999999999999999999",
    ] {
        let error = text.parse::<Cost>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{text}");
    }
}

#[test]
fn costs_add_up_without_overflow() {
    let most = Cost::from_micro_usd(u64::MAX);
    assert_eq!(most + Cost::from_micro_usd(1), most);
    assert_eq!(
        [Cost::from_micro_usd(2); 3]
            .into_iter()
            .sum::<Cost>()
            .micro_usd(),
        6
    );
    let huge = Usage::new(u64::MAX, u64::MAX);
    assert_eq!(cost("claude-opus-4-6", &huge), Some(most));
}

proptest! {
    #[test]
    fn an_amount_survives_its_text(micro_usd in any::<u64>()) {
        let cost = Cost::from_micro_usd(micro_usd);
        prop_assert_eq!(cost.to_string().parse::<Cost>().ok(), Some(cost));
        let price = Price::from_micro_usd_per_million(micro_usd);
        let text = serde_json::to_string(&price).ok();
        prop_assert_eq!(text.and_then(|text| serde_json::from_str(&text).ok()), Some(price));
    }
}
