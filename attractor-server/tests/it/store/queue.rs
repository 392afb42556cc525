use attractor_server::queue::MemoryQueue;
use attractor_server::testing::queue_suite;

use super::with_two_servers;

#[tokio::test]
async fn memory_is_a_queue() {
    let queue = MemoryQueue::new();
    queue_suite(&queue, &queue).await;
}

#[tokio::test]
async fn postgresql_is_a_queue_between_servers() {
    with_two_servers(async |one, other| {
        queue_suite(&one.1, &one.1).await;
        queue_suite(&one.1, &other.1).await;
    })
    .await;
}
