/** Modules of undici that have no declarations. */
declare module "undici/lib/api/api-connect.js" {
  import type { Dispatcher, Pool } from "undici"
  export default function connect(
    this: Pool,
    options: Omit<Dispatcher.ConnectOptions, "origin">
  ): Promise<Dispatcher.ConnectData>
}

declare module "undici/lib/core/connect.js" {
  import { buildConnector } from "undici"
  export default buildConnector
}

declare module "undici/lib/dispatcher/pool.js" {
  import { Pool } from "undici"
  export default Pool
}
