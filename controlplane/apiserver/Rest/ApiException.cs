using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;

namespace Podwire.ApiServer.Rest;

/// <summary>A request that is answered with a Status of kind Failure (meta/v1 Status, as kubectl and client-go read it).</summary>
internal sealed class ApiException(int code, string reason, string message) : Exception(message)
{
    public int Code { get; } = code;

    public string Reason { get; } = reason;

    public string? Name { get; init; }

    public string? Group { get; init; }

    /// <summary>The kind, or for most reasons the plural, as kube-apiserver fills details.kind.</summary>
    public string? Kind { get; init; }

    public string? Uid { get; init; }

    public int? RetryAfterSeconds { get; init; }

    public IReadOnlyList<StatusCause> Causes { get; init; } = [];

    public JsonObject ToStatus()
    {
        var details = new JsonObject();
        Put(details, "name", Name);
        Put(details, "group", Group);
        Put(details, "kind", Kind);
        Put(details, "uid", Uid);
        if (Causes.Count > 0)
        {
            var causes = new JsonArray();
            foreach (var cause in Causes)
            {
                var item = new JsonObject { ["reason"] = cause.Reason, ["message"] = cause.Message };
                Put(item, "field", cause.Field);
                causes.Add((JsonNode)item);
            }

            details["causes"] = causes;
        }

        if (RetryAfterSeconds is { } seconds)
        {
            details["retryAfterSeconds"] = (long)seconds;
        }

        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = Message,
            ["reason"] = Reason,
        };
        if (details.Count > 0)
        {
            status["details"] = details;
        }

        status["code"] = (long)Code;
        return status;
    }

    public byte[] ToBytes() => JsonText.Bytes(ToStatus());

    private static void Put(JsonObject node, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            node[name] = value;
        }
    }
}
