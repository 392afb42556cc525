//! What was worked out for one name, kept until another one is asked for.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The value for the name that was asked for last: as a rule the next request has the same one.
#[derive(Debug)]
pub(crate) struct Latest<T>(Mutex<Option<(String, T)>>);

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Latest<T> {
    /// The value for a name; works it out if the last one asked for was another.
    pub(crate) fn get_or_try<E>(
        &self,
        name: &str,
        find: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some((known, value)) = &*self.lock()
            && known == name
        {
            return Ok(value.clone());
        }
        // Not under the lock: a caller's own function may have a part in it.
        let value = find()?;
        *self.lock() = Some((name.to_owned(), value.clone()));
        Ok(value)
    }

    fn lock(&self) -> MutexGuard<'_, Option<(String, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_worked_out_once_until_another_is_asked_for() {
        let latest = Latest::default();
        let mut asked = Vec::new();
        for name in ["a", "a", "b", "a", "a"] {
            let found = latest.get_or_try(name, || {
                asked.push(name);
                Ok::<_, ()>(name.to_owned())
            });
            assert_eq!(found, Ok(name.to_owned()));
        }
        assert_eq!(asked, ["a", "b", "a"]);
        assert_eq!(latest.get_or_try("c", || Err(1)), Err(1));
    }
}
