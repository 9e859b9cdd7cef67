/** The parts of the `User-Agent` header that describe the host, on Node and compatible runtimes. */
import { platform, release } from "node:os"
import { token } from "../../../protocol/userAgent/headerToken.ts"
import type { RuntimeParts } from "../../../protocol/userAgent/runtime.ts"

/** On Deno the host is readable with the permissions `sys` and `env` only. */
const readable = (read: () => string | undefined): string => {
  try {
    return read() ?? ""
  } catch {
    return ""
  }
}

/** The operating system, the JavaScript runtime and the AWS execution environment (`AWS_EXECUTION_ENV`). */
export const runtimeParts = (): RuntimeParts => {
  const engine = ["deno", "bun", "llrt"].find((name) => process.versions[name] !== undefined)
  const environment = readable(() => process.env["AWS_EXECUTION_ENV"])
  return {
    platform: [
      `os/${token(platform())}#${token(readable(release))}`,
      "lang/js",
      engine === undefined
        ? `md/nodejs#${process.versions.node}`
        : `md/${engine}#${token(process.versions[engine] ?? "")}`
    ],
    execution: environment === "" ? [] : [`exec-env/${token(environment)}`]
  }
}
