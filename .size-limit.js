/** Limits of the bundles of three programs, minified and compressed with brotli. Packages that an app has anyway are not counted. */
const ignore = ["effect", "@effect/platform", "@smithy/signature-v4"]

/** Without the path aliases of tsconfig.json, which would add modules of src beside those of dist. */
const modifyEsbuildConfig = (config) => ({ ...config, tsconfigRaw: {} })

export default [
  {
    name: "invokeEndpoint, an anonymous client",
    path: "dist/index.js",
    import: "{ invokeEndpoint, SageMakerRuntime }",
    ignore,
    limit: "22.5 kB",
    modifyEsbuildConfig
  },
  {
    name: "all operations, signed",
    path: "dist/index.js",
    import:
      "{ Credentials, invokeEndpoint, invokeEndpointAsync, invokeEndpointWithResponseStream, SageMakerRuntime, Signer, streamEndpoint }",
    ignore,
    limit: "30 kB",
    modifyEsbuildConfig
  },
  {
    name: "the entry point ./promise",
    path: "dist/promise/index.js",
    import: "{ Client }",
    ignore,
    limit: "2.1 kB",
    modifyEsbuildConfig
  }
]
