/** AWS's provider for the endpoint of a container, in a chunk of its own. */
export { fromHttp } from "@aws-sdk/credential-provider-http"
