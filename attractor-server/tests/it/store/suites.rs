use std::sync::{Arc, Mutex};

use attractor_server::testing::{Open, TestDatabase, store_suite};

/// Databases that a test has made.
#[derive(Default)]
struct Made(Mutex<Vec<TestDatabase>>);

impl Made {
    fn opened(&self, database: TestDatabase) -> Open {
        self.0.lock().unwrap().push(database.clone());
        Arc::new(move || {
            let database = database.clone();
            Box::pin(async move { Arc::new(database.open().await.unwrap()) as _ })
        })
    }

    async fn remove(self) {
        for database in self.0.into_inner().unwrap() {
            database.remove().await.unwrap();
        }
    }
}

#[tokio::test]
async fn sqlite_is_a_store() {
    let made = Made::default();
    store_suite(async || made.opened(TestDatabase::sqlite().unwrap())).await;
    made.remove().await;
}

#[tokio::test]
async fn postgresql_is_a_store() {
    let Some(server) = crate::services::postgres() else {
        return;
    };
    let made = Made::default();
    let database = async || made.opened(TestDatabase::postgres(&server).await.unwrap());
    store_suite(database).await;
    made.remove().await;
}
