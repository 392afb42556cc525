use attractor_server::bus::MemoryBus;
use attractor_server::testing::bus_suite;

use super::with_two_servers;

#[tokio::test]
async fn memory_is_a_bus() {
    let bus = MemoryBus::new();
    bus_suite(&bus, &bus).await;
}

#[tokio::test]
async fn postgresql_is_a_bus_between_servers() {
    with_two_servers(async |one, other| {
        bus_suite(&one.0, &one.0).await;
        bus_suite(&one.0, &other.0).await;
    })
    .await;
}
