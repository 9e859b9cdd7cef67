/**
 * Test doubles for SageMaker Runtime: an emulator of the service, and a mock client.
 *
 * @since 0.1.0
 */

/**
 * An in-process emulator of SageMaker Runtime.
 *
 * @since 0.1.0
 */
export * as Emulator from "./Emulator.ts"

/**
 * A mock client without HTTP.
 *
 * @since 0.1.0
 */
export * as MockRuntime from "./MockRuntime.ts"
