namespace Podwire.ApiServer.Rest;

/// <summary>An answer with a JSON body.</summary>
internal readonly record struct ApiResult(int Code, byte[] Body);
