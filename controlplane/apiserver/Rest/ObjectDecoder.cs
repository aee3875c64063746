using System.Text.Json;
using System.Text.Json.Nodes;
using Podwire.ApiServer.CustomResources.Structure;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Schema;

namespace Podwire.ApiServer.Rest;

/// <summary>From a request body to an object of the right kind and type, by the rules of fieldValidation.</summary>
internal static class ObjectDecoder
{
    /// <summary>kube-apiserver's limit for a request body.</summary>
    public const int MostBytes = 3 * 1024 * 1024;

    /// <exception cref="ApiException">413.</exception>
    public static async Task<byte[]> ReadBodyAsync(ApiRequest request)
    {
        if (request.Http.Request.ContentLength > MostBytes)
        {
            throw ApiErrors.TooLarge(MostBytes);
        }

        using var memory = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await request.Http.Request.Body.ReadAsync(buffer, request.Aborted)) > 0;)
        {
            memory.Write(buffer, 0, read);
            if (memory.Length > MostBytes)
            {
                throw ApiErrors.TooLarge(MostBytes);
            }
        }

        return memory.ToArray();
    }

    /// <summary>The body as a JSON object, or null if there is none.</summary>
    /// <exception cref="ApiException">400: malformed; 415: neither JSON, YAML nor protobuf.</exception>
    public static async Task<JsonObject?> ReadObjectAsync(ApiRequest request, string schemaType, List<string>? duplicates = null)
    {
        var type = MediaTypes.Body(request.Http.Request);
        var body = await ReadBodyAsync(request);
        if (body.Length == 0)
        {
            return null;
        }

        return type switch
        {
            MediaTypes.Json or MediaTypes.Yaml => ParseObject(body, type, duplicates),
            MediaTypes.Protobuf when schemaType.Length > 0 => ParseProtobuf(body, schemaType),
            _ => throw ApiErrors.UnsupportedMediaType(type, "application/json, application/yaml, application/vnd.kubernetes.protobuf"),
        };
    }

    /// <exception cref="ApiException">400: malformed.</exception>
    public static JsonObject ParseObject(byte[] body, string type, List<string>? duplicates = null) =>
        Parse(body, type, duplicates) as JsonObject ?? throw ApiErrors.BadRequest("the body of the request is not an object");

    /// <exception cref="ApiException">400: malformed.</exception>
    public static JsonObject ParseProtobuf(byte[] body, string schemaType)
    {
        try
        {
            return new ProtobufDecoder(ApiSchema.BuiltIn).Decode(body, schemaType);
        }
        catch (Exception error) when (error is FormatException or JsonException)
        {
            throw ApiErrors.BadRequest($"the body of the request could not be decoded: {error.Message}");
        }
    }

    /// <exception cref="ApiException">400: malformed.</exception>
    public static JsonNode? Parse(byte[] body, string type, List<string>? duplicates = null)
    {
        try
        {
            return JsonText.Parse(type is MediaTypes.Yaml or MediaTypes.ApplyPatch ? Yaml.ToJson(body) : body, duplicates);
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException)
        {
            throw ApiErrors.BadRequest($"the body of the request could not be decoded: {error.Message}");
        }
    }

    /// <summary>
    /// Checks kind and fields; unknown fields are dropped, and refused or warned about as fieldValidation says (Warn unless given).
    /// </summary>
    /// <exception cref="ApiException">400.</exception>
    public static void Check(ApiRequest request, JsonObject item, string apiVersion, string kind, string schemaType, List<string>? duplicates = null, StructuralSchema? structure = null)
    {
        CheckKind(item, apiVersion, kind);
        var findings = new SchemaFindings();
        findings.Duplicates.AddRange(duplicates ?? []);
        if (structure is null)
        {
            new SchemaChecker(ApiSchema.BuiltIn, findings).Check(item, schemaType);
        }
        else
        {
            new StructuralPruner(findings).Prune(item, structure);
        }

        var prefix = $"{kind} in version \"{apiVersion[(apiVersion.IndexOf('/') + 1)..]}\" cannot be handled as a {kind}: ";
        if (findings.Malformed.Count > 0)
        {
            throw ApiErrors.BadRequest(prefix + string.Join(", ", findings.Malformed));
        }

        var complaints = findings.Unknown.Select(path => $"unknown field \"{path}\"")
            .Concat(findings.Duplicates.Select(path => $"duplicate field \"{path}\"")).ToList();
        switch (request.Query("fieldValidation"))
        {
            case "Ignore":
                return;
            case null or "" or "Warn":
                foreach (var complaint in complaints.Where(complaint => !request.Warnings.Contains(complaint)))
                {
                    request.Warnings.Add(complaint);
                }

                return;
            case "Strict" when complaints.Count > 0:
                throw ApiErrors.BadRequest($"{prefix}strict decoding error: {string.Join(", ", complaints)}");
            case "Strict":
                return;
            case var other:
                throw ApiErrors.BadRequest($"fieldValidation: Unsupported value: \"{other}\": supported values: \"Ignore\", \"Strict\", \"Warn\"");
        }
    }

    /// <summary>The same for an object of the request's own resource, whether its schema is built in or declared.</summary>
    /// <exception cref="ApiException">400.</exception>
    public static void Check(ApiRequest request, JsonObject item, List<string>? duplicates = null) =>
        Check(request, item, request.Resource.GroupVersion, request.Resource.Kind, request.Resource.SchemaType, duplicates, request.Resource.Structure);

    private static void CheckKind(JsonObject item, string apiVersion, string kind)
    {
        var (givenVersion, givenKind) = (item.Text("apiVersion"), item.Text("kind"));
        if ((givenVersion is { Length: > 0 } && givenVersion != apiVersion) || (givenKind is { Length: > 0 } && givenKind != kind))
        {
            throw ApiErrors.BadRequest($"the object provided is {givenKind ?? "of no kind"} in {givenVersion ?? "no version"}, the request is for {kind} in {apiVersion}");
        }

        if (givenVersion is null || givenKind is null)
        {
            item.Remove("apiVersion");
            item.Remove("kind");
            item.Insert(0, "kind", kind);
            item.Insert(1, "apiVersion", apiVersion);
        }
    }
}
