/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The client for programs that use `async` and `await`.
 *
 * @since 0.1.0
 */

/**
 * Runs effects and streams of this package as promises and async iterables.
 *
 * @since 0.1.0
 */
export * as Client from "./Client.ts"
