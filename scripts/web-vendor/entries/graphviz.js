// Graphviz, with its WebAssembly within.
export { Graphviz } from "@hpcc-js/wasm-graphviz";
