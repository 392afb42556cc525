use super::{BranchName, Error};

/// What a repository's default branch is called as a rule, for one whose isn't known.
const USUAL_DEFAULTS: [&str; 2] = ["main", "master"];

/// Whether a run may write to a branch: neither to the default branch nor to a protected one.
///
/// Upper and lower case are the same here, as they are one file on some disks. A branch below the
/// default one (`main/x`) can't exist beside it, which is said before a run has worked for an hour.
///
/// ```
/// use attractor_server::domain::{BranchName, check_target_branch};
///
/// let (main, work) = ("main".to_owned().try_into()?, "attractor/work".to_owned().try_into()?);
/// assert!(check_target_branch(&work, Some(&main), &[]).is_ok());
/// assert!(check_target_branch(&main, Some(&main), &[]).is_err());
/// # Ok::<(), attractor_server::domain::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::Invalid`](super::ErrorKind::Invalid) with the code `protected_branch`.
///
/// Source: contract, 12.12.
pub fn check_target_branch(
    target: &BranchName,
    default_branch: Option<&BranchName>,
    protected: &[BranchName],
) -> Result<(), Error> {
    let name = target.as_str();
    let refuse = |why: String| {
        let message = format!("targetBranch {name:?} {why}: choose a branch of the run's own");
        Err(Error::invalid("protected_branch", message))
    };
    let defaults = match default_branch {
        Some(known) => &[known.as_str()][..],
        None => &USUAL_DEFAULTS,
    };
    for default in defaults {
        if name.eq_ignore_ascii_case(default) {
            return refuse("is the repository's default branch".to_owned());
        }
        if is_below(name, default) || is_below(default, name) {
            return refuse(format!("can't exist beside the branch {default:?}"));
        }
    }
    if protected
        .iter()
        .any(|it| name.eq_ignore_ascii_case(it.as_str()))
    {
        return refuse("is protected".to_owned());
    }
    Ok(())
}

/// Whether a branch's name is a path below another's.
fn is_below(name: &str, other: &str) -> bool {
    name.strip_prefix(other)
        .is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branch(name: &str) -> BranchName {
        BranchName::try_from(name.to_owned()).unwrap()
    }

    #[test]
    fn neither_the_default_branch_nor_a_protected_one_is_a_target() {
        let protected = [branch("release"), branch("v1/stable")];
        let check = |target: &str, default: Option<&str>| {
            let default = default.map(branch);
            check_target_branch(&branch(target), default.as_ref(), &protected)
        };
        for (target, default) in [
            ("attractor/work", Some("main")),
            ("main", Some("trunk")),
            ("mainline", Some("main")),
            ("release/x", Some("main")),
            ("attractor/main", None),
        ] {
            assert!(check(target, default).is_ok(), "{target}");
        }
        for (target, default) in [
            ("main", Some("main")),
            ("Main", Some("main")),
            ("main/x", Some("main")),
            ("team", Some("team/main")),
            ("release", Some("main")),
            ("V1/Stable", Some("main")),
            ("main", None),
            ("master", None),
        ] {
            let error = check(target, default).unwrap_err();
            assert_eq!(error.code(), "protected_branch", "{target}");
        }
    }
}
