//! GitHub as a forge, against a server that behaves like it.

use std::sync::Arc;
use std::time::Duration;

use attractor_server::domain::{
    BranchName, Error, ErrorKind, Namespace, Project, ProjectId, Repository, Timestamp,
};
use attractor_server::forge::{
    Forge, Forges, GitHubApp, GitHubForge, GitHubOptions, NewPullRequest, PlainGitForge,
    PullRequest,
};
use attractor_server::secrets::SecretEnvironment;
use attractor_server::testing::{FakeGitHub, FakeRepository, Fault, TestClock, forge_suite};
use secrecy::{ExposeSecret as _, SecretString};

/// A fake GitHub with a repository, and the forge that asks it.
struct Bench {
    github: FakeGitHub,
    forge: GitHubForge,
    clock: Arc<TestClock>,
}

impl Bench {
    async fn open(&self, head: &str) -> Result<PullRequest, Error> {
        let (project, secrets) = (hello(), none());
        let made = self
            .forge
            .find_or_create_pull_request(&project, &secrets, pull(head));
        made.await.map(Option::unwrap)
    }

    /// As nobody in particular.
    async fn default_branch(&self, repository: &str) -> Result<Option<BranchName>, Error> {
        let (project, secrets) = (project(repository, None), none());
        self.forge.default_branch(&project, &secrets).await
    }
}

async fn bench() -> Bench {
    let clock = Arc::new(TestClock::default());
    let github = FakeGitHub::start(clock.clone()).await.unwrap();
    github.add_repository(
        FakeRepository::new("octo/hello")
            .with_branch("attractor/work")
            .with_protected_branch("release/1"),
    );
    let app = GitHubApp::new(FakeGitHub::APP_ID, &FakeGitHub::app_key()).unwrap();
    let options = GitHubOptions {
        api_url: github.url().to_owned(),
        web_url: "https://github.com".to_owned(),
        app: Some(Arc::new(app.with_slug("factory"))),
        backoff: Duration::ZERO,
    };
    let forge = GitHubForge::new(options, clock.clone()).unwrap();
    Bench {
        github,
        forge,
        clock,
    }
}

fn project(repository: &str, installation: Option<&str>) -> Project {
    let now = Timestamp::from_millis(0);
    let repository = Repository::try_from(repository.to_owned()).unwrap();
    Project {
        id: ProjectId::new(),
        name: "Hello".to_owned(),
        namespace: Namespace::of_project("hello"),
        github_installation_id: installation.map(str::to_owned),
        repo_full_name: repository.full_name(),
        repository: Some(repository),
        default_branch: None,
        concurrency_limit: None,
        created_at: now,
        updated_at: now,
    }
}

fn hello() -> Project {
    project("octo/hello", Some(FakeGitHub::INSTALLATION))
}

fn token() -> SecretEnvironment {
    [(
        "GITHUB_TOKEN".to_owned(),
        SecretString::from(FakeGitHub::TOKEN),
    )]
    .into()
}

fn none() -> SecretEnvironment {
    SecretEnvironment::new()
}

fn branch(name: &str) -> BranchName {
    BranchName::try_from(name.to_owned()).unwrap()
}

fn pull(head: &str) -> NewPullRequest {
    NewPullRequest {
        head: branch(head),
        base: branch("main"),
        title: "A change".to_owned(),
        body: String::new(),
    }
}

/// Requests whose path contains that.
fn asked(github: &FakeGitHub, part: &str) -> usize {
    github
        .requests()
        .iter()
        .filter(|it| it.path.contains(part))
        .count()
}

#[tokio::test]
async fn github_satisfies_the_suite_as_an_app_and_as_a_person() {
    let bench = bench().await;
    let changed = branch("attractor/work");
    forge_suite(&bench.forge, &hello(), &none(), &changed).await;
    assert_eq!(bench.github.open_pull_requests(), 1);

    let bench = self::bench().await;
    let personal = project("octo/hello", None);
    forge_suite(&bench.forge, &personal, &token(), &changed).await;
    assert_eq!(bench.github.open_pull_requests(), 1);
    assert_eq!(asked(&bench.github, "access_tokens"), 0);
}

#[tokio::test]
async fn plain_git_satisfies_the_suite() {
    let changed = branch("attractor/work");
    let secrets = [("GIT_PASSWORD".to_owned(), SecretString::from("pw-12345"))].into();
    for repository in [
        "https://git.example/a.git",
        "ssh://git@git.example/a",
        "/src/a",
    ] {
        forge_suite(
            &PlainGitForge,
            &project(repository, None),
            &secrets,
            &changed,
        )
        .await;
    }
}

#[tokio::test]
async fn a_password_goes_to_the_forge_that_it_is_for() {
    let bench = bench().await;
    let forges = Forges::new(bench.forge);
    let mut secrets = token();
    secrets.insert("GIT_PASSWORD".to_owned(), SecretString::from("pw-12345"));
    for (repository, expected) in [
        ("octo/hello", Some(("x-access-token", FakeGitHub::TOKEN))),
        ("https://git.example/a.git", Some(("git", "pw-12345"))),
        ("ssh://git@git.example/a", None),
        ("/src/a", None),
    ] {
        let credential = forges
            .credential(&project(repository, None), &secrets)
            .await
            .unwrap();
        let shown = credential
            .as_ref()
            .map(|it| (it.username.as_str(), it.password.expose_secret()));
        assert_eq!(shown, expected, "{repository}");
    }
}

#[tokio::test]
async fn a_token_of_the_app_is_for_one_repository_and_kept_until_shortly_before_its_end() {
    let bench = bench().await;
    let token = async || {
        let credential = bench
            .forge
            .credential(&hello(), &none())
            .await
            .unwrap()
            .unwrap();
        credential.password.expose_secret().to_owned()
    };
    let first = token().await;
    bench.clock.advance(Duration::from_secs(49 * 60));
    assert_eq!(token().await, first);
    bench.clock.advance(Duration::from_secs(2 * 60));
    assert_ne!(token().await, first);
    let requests = bench.github.requests();
    assert_eq!(requests.len(), 2);
    for permitted in [
        r#""repositories":["hello"]"#,
        r#""contents":"write""#,
        r#""pull_requests":"write""#,
    ] {
        assert!(requests[0].body.contains(permitted), "{}", requests[0].body);
    }
    assert!(!requests[0].body.contains("administration"));
}

#[tokio::test]
async fn a_token_that_is_no_longer_taken_is_replaced() {
    let bench = bench().await;
    let main = bench.forge.default_branch(&hello(), &none()).await.unwrap();
    assert_eq!(main, Some(branch("main")));
    bench.github.revoke_tokens();
    let again = bench.forge.default_branch(&hello(), &none()).await.unwrap();
    assert_eq!(again, main);
    bench.github.revoke_tokens();
    assert_eq!(bench.open("attractor/work").await.unwrap().number, 1);
    assert_eq!(asked(&bench.github, "access_tokens"), 3);
}

#[tokio::test]
async fn a_projects_own_app_is_used() {
    let bench = bench().await;
    let options = GitHubOptions {
        api_url: bench.github.url().to_owned(),
        ..GitHubOptions::default()
    };
    let forge = GitHubForge::new(options, bench.clock.clone()).unwrap();
    assert!(forge.credential(&hello(), &none()).await.unwrap().is_none());
    // As it is in an environment variable.
    let key = FakeGitHub::app_key().expose_secret().replace('\n', "\\n");
    let own = [
        (
            "GITHUB_APP_ID".to_owned(),
            SecretString::from(FakeGitHub::APP_ID),
        ),
        ("GITHUB_APP_PRIVATE_KEY".to_owned(), SecretString::from(key)),
    ];
    let credential = forge.credential(&hello(), &own.into()).await.unwrap();
    assert!(
        credential
            .unwrap()
            .password
            .expose_secret()
            .starts_with("ghs_")
    );
}

#[tokio::test]
async fn the_list_of_repositories_has_all_pages() {
    let bench = bench().await;
    for number in 0..250 {
        bench
            .github
            .add_repository(FakeRepository::new(format!("octo/r{number:03}")));
    }
    bench
        .github
        .add_repository(FakeRepository::new("other/private"));
    let all = bench.forge.repositories(&hello(), &none()).await.unwrap();
    assert_eq!(all.len(), 251);
    assert!(all.is_sorted_by(|one, next| one.full_name < next.full_name));
    assert_eq!(asked(&bench.github, "/installation/repositories"), 3);
    assert_eq!(asked(&bench.github, "access_tokens"), 1);
}

#[tokio::test]
async fn without_app_or_installation_there_is_no_list() {
    let bench = bench().await;
    let error = bench
        .forge
        .repositories(&project("octo/hello", None), &none())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let unknown = project("octo/hello", Some("12345"));
    let error = bench
        .forge
        .repositories(&unknown, &none())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Upstream);
    let forge = GitHubForge::new(GitHubOptions::default(), bench.clock.clone()).unwrap();
    let error = forge.repositories(&hello(), &none()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Conflict, "no_github_app")
    );
}

#[tokio::test]
async fn branches_are_told_apart() {
    let bench = bench().await;
    bench
        .github
        .add_repository(FakeRepository::new("octo/old").with_default_branch("trunk"));
    let old = project("octo/old", Some(FakeGitHub::INSTALLATION));
    assert_eq!(
        bench.forge.default_branch(&old, &none()).await.unwrap(),
        Some(branch("trunk"))
    );
    for (name, expected) in [
        ("release/1", true),
        ("attractor/work", false),
        ("new", false),
    ] {
        let protected = bench
            .forge
            .is_protected(&hello(), &none(), &branch(name))
            .await;
        assert_eq!(protected.unwrap(), expected, "{name}");
    }
}

#[tokio::test]
async fn a_repository_that_the_project_may_not_see_is_not_found() {
    let bench = bench().await;
    bench
        .github
        .add_repository(FakeRepository::new("other/public").public());
    let public = project("other/public", None);
    assert!(
        bench
            .forge
            .default_branch(&public, &none())
            .await
            .unwrap()
            .is_some()
    );
    let error = bench
        .forge
        .default_branch(&project("octo/hello", None), &none())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "repository_not_found");
    let stranger = [(
        "GITHUB_TOKEN".to_owned(),
        SecretString::from("ghp_wrongwrong"),
    )]
    .into();
    let error = bench
        .forge
        .default_branch(&public, &stranger)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "forge_unauthenticated");
    assert!(!format!("{error:?}").contains("ghp_wrong"));
}

#[tokio::test]
async fn a_pull_request_is_opened_once_whatever_goes_wrong() {
    for faults in [
        vec![],
        vec![Fault::Status(502), Fault::Status(503)],
        vec![Fault::RetryAfter(0)],
        vec![Fault::None, Fault::RetryAfter(0)],
        vec![Fault::None, Fault::Status(500)],
        vec![Fault::None, Fault::StatusAfter(502)],
        vec![Fault::None, Fault::StatusAfter(502), Fault::Status(502)],
        vec![
            Fault::None,
            Fault::Status(500),
            Fault::None,
            Fault::StatusAfter(504),
        ],
    ] {
        let bench = bench().await;
        // So that the faults are those of pull requests.
        bench.forge.credential(&hello(), &none()).await.unwrap();
        bench.github.add_faults(faults.clone());
        let made = bench.open("attractor/work").await.unwrap();
        assert_eq!(made.number, 1, "{faults:?}");
        assert_eq!(made.url, "https://github.com/octo/hello/pull/1");
        assert_eq!(bench.github.open_pull_requests(), 1, "{faults:?}");
    }
}

#[tokio::test]
async fn what_github_refuses_is_passed_on_once() {
    let bench = bench().await;
    let error = bench.open("unchanged").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Upstream);
    assert!(
        error
            .to_string()
            .contains("No commits between main and unchanged"),
        "{error}"
    );
    let posts = bench
        .github
        .requests()
        .iter()
        .filter(|it| it.method == "POST" && it.path.ends_with("/pulls"))
        .count();
    assert_eq!(posts, 1);
}

#[tokio::test]
async fn long_limits_and_lasting_failures_are_passed_on() {
    let bench = bench().await;
    let ask = || bench.default_branch("octo/hello");
    for (faults, code) in [
        (vec![Fault::RetryAfter(3_600)], "forge_rate_limited"),
        (vec![Fault::RateLimit(3_600)], "forge_rate_limited"),
        (vec![Fault::Status(502); 4], "forge_refused"),
        (vec![Fault::Garbage], "forge_answer_unreadable"),
    ] {
        let count = faults.len();
        let before = bench.github.requests().len();
        bench.github.add_faults(faults);
        let error = ask().await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Upstream, code));
        assert_eq!(bench.github.requests().len() - before, count);
    }
}

#[tokio::test]
async fn a_forge_that_is_not_there_is_unreachable() {
    let bench = bench().await;
    drop(bench.github);
    let error = bench
        .forge
        .default_branch(&project("octo/hello", None), &none())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "forge_unreachable");
}

#[tokio::test]
async fn addresses_are_those_of_the_configuration() {
    let bench = bench().await;
    let installation = bench.forge.installation_url("a.b&c").unwrap();
    assert_eq!(
        installation,
        "https://github.com/apps/factory/installations/new?state=a.b%26c"
    );
    let clone = |web_url: &str| {
        let options = GitHubOptions {
            web_url: web_url.to_owned(),
            ..GitHubOptions::default()
        };
        let forge = GitHubForge::new(options, bench.clock.clone())?;
        Ok::<_, attractor_server::domain::Error>(forge.clone_url(&hello().repository.unwrap()))
    };
    assert_eq!(
        clone("https://github.com").unwrap(),
        "https://github.com/octo/hello.git"
    );
    assert_eq!(
        clone("https://git.corp/").unwrap(),
        "https://git.corp/octo/hello.git"
    );
    for bad in ["", "github.com", "ftp://x", "https://u:p@x", "https://x?a"] {
        assert_eq!(clone(bad).unwrap_err().code(), "invalid_forge_url", "{bad}");
    }
}
