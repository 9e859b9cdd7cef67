/**
 * The client for Node: one layer with HTTP, AWS credentials and AWS configuration, and the service emulator on a port.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 */
export * as NodeCredentials from "./NodeCredentials.ts"

/**
 * @since 0.1.0
 */
export * as NodeEmulator from "./NodeEmulator.ts"

/**
 * @since 0.1.0
 */
export * as NodeHttpClient from "./NodeHttpClient.ts"

/**
 * @since 0.1.0
 */
export * as NodeSageMaker from "./NodeSageMaker.ts"
