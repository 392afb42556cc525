//! A project's GitHub box, from installing the App to letting it go.

use attractor_server::testing::{FakeGitHub, FakeRepository, Fault};

use super::browser::{Browser, csrf, place};
use crate::api::harness::TestServer;

/// Goes to GitHub to install the App; what GitHub is to send back.
async fn state(browser: &Browser<'_>, project: &str) -> String {
    let away = browser
        .get(&format!("/projects/{project}/github"))
        .await
        .is(303);
    let (github, state) = place(&away).split_once("?state=").unwrap();
    assert_eq!(github, "https://github.com/apps/factory/installations/new");
    state.to_owned()
}

fn back(state: &str) -> String {
    let installation = FakeGitHub::INSTALLATION;
    format!(
        "/api/github/app/callback?installation_id={installation}&setup_action=install&state={state}"
    )
}

#[tokio::test]
async fn the_app_is_installed_a_repository_chosen_and_let_go_again() {
    let server = TestServer::with_github().await;
    let github = server.github.as_ref().unwrap();
    github.add_repository(FakeRepository::new("octo/apples"));
    let project = server.project("Connected").await;
    let browser = Browser::admin(&server).await;
    let settings = format!("/projects/{project}/settings");
    let page = browser.get(&settings).await.is(200).body;
    assert!(page.contains("Install the GitHub App"));

    let installed = browser
        .get(&back(&state(&browser, &project).await))
        .await
        .is(303);
    assert_eq!(
        place(&installed),
        format!("{settings}?done=installed#github")
    );
    let page = browser
        .get(&format!("{settings}?done=installed"))
        .await
        .is(200)
        .body;
    assert!(page.contains("The GitHub App is installed for this project."));
    assert!(
        page.contains("octo/apples (main") && page.contains("octo/hello (trunk"),
        "{page}"
    );

    assert!(
        page.contains(">choose…</option>"),
        "none of them is the project's: {page}"
    );
    let csrf = csrf(&page);
    let box_ = format!("/projects/{project}/github");
    let wrong = browser
        .send_as(&box_, &csrf, &[("repoFullName", "octo")])
        .await;
    assert!(wrong.is(400).body.contains(r#"id="p-repoFullName""#));
    let chosen = [("repoFullName", "octo/hello trunk")];
    browser.send_as(&box_, &csrf, &chosen).await.is(303);
    let page = browser.get(&settings).await.is(200).body;
    assert!(
        page.contains(r#"value="octo/hello trunk" selected"#),
        "{page}"
    );
    assert!(
        page.contains(r#"value="trunk""#),
        "the default branch is the repository's"
    );

    let gone = browser
        .send_as(&format!("{box_}/disconnect"), &csrf, &[])
        .await
        .is(303);
    assert_eq!(place(&gone), format!("{settings}?done=disconnected#github"));
    assert!(
        browser
            .get(&settings)
            .await
            .body
            .contains("Install the GitHub App")
    );
}

#[tokio::test]
async fn what_comes_back_wrong_is_told_on_a_page() {
    let server = TestServer::with_github().await;
    let project = server.project("Wrong").await;
    let browser = Browser::admin(&server).await;
    let state = state(&browser, &project).await;
    let requested = format!("/api/github/app/callback?setup_action=request&state={state}");
    let waits = browser.get(&requested).await.is(400).body;
    assert!(
        waits.contains("The App isn&#39;t installed yet") && waits.contains("an owner"),
        "{waits}"
    );
    browser.get(&back(&state)).await.is(303);
    for again in [back(&state), back("forged"), back("")] {
        let page = browser.get(&again).await.is(400).body;
        assert!(
            page.contains("<h1>") && page.contains("href=\"/projects\""),
            "{again}: {page}"
        );
    }
    let page = browser.get(&back(&state)).await.body;
    assert!(page.contains("GitHub&#39;s answer can&#39;t be used") && !page.contains(&state));
    // Programs get what programs read.
    let json = server.get(&back(&state)).await.is(400).json();
    assert_eq!(json["code"], "invalid_state");
    // Whose session is over signs in, and comes back to it.
    let html = [("accept", "text/html")];
    let led = server.send("GET", &back("x"), &html, "").await.is(303);
    assert!(place(&led).starts_with("/sign-in?next=%2Fapi%2Fgithub%2Fapp%2Fcallback"));
}

#[tokio::test]
async fn while_github_fails_the_settings_say_so() {
    let server = TestServer::with_github().await;
    let project = server.project("Failing").await;
    let browser = Browser::admin(&server).await;
    browser
        .get(&back(&state(&browser, &project).await))
        .await
        .is(303);
    let github = server.github.as_ref().unwrap();
    github.revoke_tokens();
    github.add_faults(std::iter::repeat_n(Fault::Status(403), 9));
    let page = browser
        .get(&format!("/projects/{project}/settings"))
        .await
        .is(200)
        .body;
    assert!(page.contains("Its repositories can't be listed"), "{page}");
    assert!(
        page.contains("Disconnect") && !page.contains("ghs_"),
        "{page}"
    );
}
