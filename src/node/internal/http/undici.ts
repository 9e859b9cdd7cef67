/**
 * The parts of undici that the HTTP client uses, in a module that is loaded when a client is built.
 *
 * undici's main module also loads its `fetch`, caches and mocks, which takes three times as long, and it replaces the
 * dispatcher of Node's `fetch`. A module of this package has named exports in the chunks of every bundler. An
 * `import()` of undici itself does not.
 */
import type * as Undici from "undici"
import apiConnect from "undici/lib/api/api-connect.js"
import connect from "undici/lib/core/connect.js"
import UndiciPool from "undici/lib/dispatcher/pool.js"

export const buildConnector: typeof Undici.buildConnector = connect

export const Pool: typeof Undici.Pool = UndiciPool

/** Opens a tunnel through a proxy. undici's main module adds this method to its pools. */
export const openTunnel = (
  proxy: Undici.Pool,
  options: Omit<Undici.Dispatcher.ConnectOptions, "origin">
): Promise<Undici.Dispatcher.ConnectData> => apiConnect.call(proxy, options)
