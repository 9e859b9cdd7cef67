/** State that all copies of this package share. */
import { globalValue } from "effect/GlobalValue"
import { version } from "../../protocol/userAgent/userAgent.ts"

/**
 * The state with a name, which the first copy makes.
 *
 * A program that imports ES modules and requires CommonJS modules loads two copies. Copies of different versions share no
 * state, because its shape can differ.
 */
export const globalState = <A>(name: string, make: () => A): A =>
  globalValue(`effect-sagemaker-runtime/${version}/${name}`, make)
