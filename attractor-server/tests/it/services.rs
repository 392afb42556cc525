//! The services that some tests need, which `scripts/services-up` starts.

/// The PostgreSQL server that tests may make databases on; says so, if there is none.
pub(crate) fn postgres() -> Option<String> {
    let url = std::env::var("ATTRACTOR_TEST_POSTGRES_URL").ok();
    let url = url.filter(|url| !url.is_empty());
    if url.is_none() {
        println!(
            "SKIPPED: ATTRACTOR_TEST_POSTGRES_URL isn't set; scripts/services-up says to what"
        );
    }
    url
}
