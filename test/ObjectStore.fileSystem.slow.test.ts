import { join } from "node:path"
import { afterAll } from "vitest"
import { objectStoreLaws } from "./support/objectStoreLaws.ts"
import { fileSystemStore, temporaryFolder } from "./support/objectStores.ts"

const { folder, remove } = temporaryFolder()
afterAll(remove)

objectStoreLaws(fileSystemStore(join(folder, "laws")))
