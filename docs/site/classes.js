/** The signatures of exported classes, with the members that docgen does not print. */
import { existsSync, readFileSync } from "node:fs"

const dist = new URL("../../dist/", import.meta.url)

const errorFields = ({ fields }) =>
  Object.entries(fields).map(([name, { ast }]) => {
    const { isOptional, type } = ast._tag === "PropertySignatureDeclaration" ? ast : { isOptional: false, type: ast }
    const shown = String(type).replaceAll("Uint8ArrayFromSelf", "Uint8Array")
    return `  readonly ${name}${isOptional ? "?" : ""}: ${shown}`
  })

const baseType = (module, name) => {
  const path = new URL(`${module}.d.ts`, dist)
  const text = existsSync(path) ? readFileSync(path, "utf8") : ""
  return new RegExp(`^declare const ${name}_base: ([\\s\\S]*?);\\n(?=/\\*\\*|export |declare )`, "m").exec(text)?.[1]
}

/** A function from a module and a class name to the declaration of that class, if its members are known. */
export const classSignatures = async (module) => {
  const exported = await import(new URL(`${module}.js`, dist))
  return (name) => {
    const value = exported[name]
    if (value?.prototype instanceof Error && value.fields !== undefined) {
      return `export declare class ${name} extends Error {\n${errorFields(value).join("\n")}\n}`
    }
    const base = baseType(module, name)
    return base === undefined ? undefined : `export declare const ${name}: ${base}`
  }
}
