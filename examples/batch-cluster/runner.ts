import { ClusterWorkflowEngine } from "@effect/cluster"
import { NodeClusterSocket } from "@effect/platform-node"
import { LibsqlClient } from "@effect/sql-libsql"
import { PgClient } from "@effect/sql-pg"
import { Config, Effect, Layer, Redacted } from "effect"

export const database = Layer.unwrapEffect(
  Effect.map(Config.redacted("DATABASE_URL"), (url) =>
    Redacted.value(url).startsWith("file:")
      ? LibsqlClient.layer({ url: Redacted.value(url), intMode: "bigint" })
      : PgClient.layer({ url }))
)

export const runner = ClusterWorkflowEngine.layer.pipe(
  Layer.provide(NodeClusterSocket.layer({ storage: "sql" }))
)
