/**
 * What tests of programs that call models need.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 */
export * as Emulator from "./Emulator.ts"

/**
 * @since 0.1.0
 */
export * as MockRuntime from "./MockRuntime.ts"
