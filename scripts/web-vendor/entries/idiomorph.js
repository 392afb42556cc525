// Puts new HTML into a page without disturbing what stays.
export { Idiomorph } from "idiomorph/dist/idiomorph.esm.js";
