/**
 * Test doubles for SageMaker Runtime: an emulator of the service, and a mock client.
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
