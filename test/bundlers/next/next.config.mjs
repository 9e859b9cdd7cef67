import { fileURLToPath } from "node:url"

/** A project without a lock file in a folder above needs no configuration. */
export default {
  turbopack: { root: fileURLToPath(new URL("..", import.meta.url)) }
}
