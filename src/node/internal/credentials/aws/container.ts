/** AWS's provider for the endpoint of a container, in a separate chunk. */
export { fromHttp } from "@aws-sdk/credential-provider-http"
