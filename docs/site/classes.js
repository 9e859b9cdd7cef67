/** The signatures of exported classes, with the members that docgen does not print. */
import { existsSync, readFileSync } from "node:fs"

const dist = new URL("../../dist/", import.meta.url)

const errorFields = ({ fields }, comments) =>
  Object.entries(fields).map(([name, { ast }]) => {
    const { isOptional, type } = ast._tag === "PropertySignatureDeclaration" ? ast : { isOptional: false, type: ast }
    const shown = String(type).replaceAll("Uint8ArrayFromSelf", "Uint8Array")
    const comment = comments.has(name) ? `  /** ${comments.get(name)} */\n` : ""
    return `${comment}  readonly ${name}${isOptional ? "?" : ""}: ${shown}`
  })

const baseType = (module, name) => {
  const path = new URL(`${module}.d.ts`, dist)
  const text = existsSync(path) ? readFileSync(path, "utf8") : ""
  return new RegExp(`^declare const ${name}_base: ([\\s\\S]*?);\\n(?=/\\*\\*|export |declare )`, "m").exec(text)?.[1]
}

/** A function from the name of a class and the comments of its fields to its declaration, if its members are known. */
export const classSignatures = async (module) => {
  const exported = await import(new URL(`${module}.js`, dist))
  return (name, comments) => {
    const value = exported[name]
    if (value?.prototype instanceof Error && value.fields !== undefined) {
      return `export declare class ${name} extends Error {\n${errorFields(value, comments).join("\n")}\n}`
    }
    const base = baseType(module, name)
    return base === undefined ? undefined : `export declare const ${name}: ${base}`
  }
}
