/** papaparse as its own build for browsers: the other one asks for Node's streams, which bundlers for Workers lack. */
declare module "papaparse/papaparse.min.js" {
  export { default } from "papaparse"
}
