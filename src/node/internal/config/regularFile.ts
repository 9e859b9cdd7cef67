/** Reads files whose paths come from outside. A pipe or a device could make a read wait without end. */
import { readFile, stat } from "node:fs/promises"
import { devNull } from "node:os"

const isNotFound = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT"

/**
 * Rejects if the path exists, and is not a regular file of at most `maxBytes` bytes. Links are followed. The null device
 * is an empty file.
 */
export const checkRegularFile = async (path: string | undefined, maxBytes: number): Promise<void> => {
  const found = path === undefined || path === devNull ? undefined : await stat(path).catch(() => undefined)
  if (found !== undefined && (!found.isFile() || found.size > maxBytes)) {
    throw new Error("The path must be a regular file")
  }
}

/** Whether there is certainly no file. AWS's packages replace `~` by the home directory. */
export const isMissing = (path: string): Promise<boolean> =>
  path.startsWith("~") ? Promise.resolve(false) : stat(path).then(() => false, isNotFound)

/** Reads a regular file of at most `maxBytes` bytes as UTF-8. */
export const readRegularFile = async (path: string, maxBytes: number): Promise<string> => {
  await checkRegularFile(path, maxBytes)
  return readFile(path, "utf8")
}
