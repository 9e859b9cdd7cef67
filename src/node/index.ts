/**
 * The client for Node: one layer with HTTP, AWS credentials and AWS configuration, and the service emulator on a port.
 *
 * @since 0.1.0
 */

/**
 * Layers that load AWS credentials from profiles, SSO, roles, containers and EC2 instances.
 *
 * @since 0.1.0
 */
export * as NodeCredentials from "./NodeCredentials.ts"

/**
 * The transport of bidirectional streams over HTTP/2.
 *
 * @since 0.1.0
 */
export * as NodeDuplexTransport from "./NodeDuplexTransport.ts"

/**
 * The emulator of SageMaker Runtime on a TCP port.
 *
 * @since 0.1.0
 */
export * as NodeEmulator from "./NodeEmulator.ts"

/**
 * An `HttpClient` with connection pools, proxy and TLS options.
 *
 * @since 0.1.0
 */
export * as NodeHttpClient from "./NodeHttpClient.ts"

/**
 * The client for Node in one layer.
 *
 * @since 0.1.0
 */
export * as NodeSageMaker from "./NodeSageMaker.ts"
