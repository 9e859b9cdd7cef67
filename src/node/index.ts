/**
 * What only Node can do.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 */
export * as NodeEmulator from "./NodeEmulator.ts"
