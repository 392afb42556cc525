//! The integration tests of attractor-llm, one module an area.

mod anthropic_corpus;
mod anthropic_error;
mod anthropic_property;
mod anthropic_request;
mod anthropic_stream;
mod canned;
mod catalog;
mod catalog_cost;
mod client;
mod conformance;
mod generate;
mod generate_object;
mod generate_smoke;
mod generate_stream;
mod generate_tools;
mod loopback;
mod partial_json;
mod retry;
mod testing_corpus;
mod testing_provider;
mod testing_script;
mod testing_server;
mod testing_validation;
mod testing_wire;
