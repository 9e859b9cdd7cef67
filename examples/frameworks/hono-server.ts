import { serve } from "@hono/node-server"
import { app } from "./hono.ts"

export const start = (port: number) => serve({ fetch: app.fetch, port, hostname: "127.0.0.1" })
