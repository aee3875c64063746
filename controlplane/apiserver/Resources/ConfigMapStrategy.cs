using System.Text;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Resources;

/// <summary>ConfigMaps: keys, size, immutability.</summary>
internal sealed class ConfigMapStrategy : ResourceStrategy
{
    /// <summary>The most bytes of all values together.</summary>
    internal const int MostBytes = 1024 * 1024;

    public override void Validate(JsonObject item, FieldErrors errors)
    {
        var size = 0L;
        foreach (var field in new[] { "data", "binaryData" })
        {
            foreach (var (key, value) in item.Object(field) ?? [])
            {
                size += Encoding.UTF8.GetByteCount(value.AsText() ?? string.Empty);
                if (Names.ConfigKey(key) is { } wrong)
                {
                    errors.Invalid($"{field}[{key}]", key, wrong);
                }

                if (field == "binaryData" && item.Object("data")?.ContainsKey(key) == true)
                {
                    errors.Invalid($"data[{key}]", key, "duplicate of key present in binaryData");
                }
            }
        }

        if (size > MostBytes)
        {
            errors.TooLong("", MostBytes);
        }
    }

    public override void ValidateUpdate(JsonObject item, JsonObject old, FieldErrors errors) => ValidateImmutable(item, old, errors, "data", "binaryData");

    /// <summary>An immutable object stays immutable and keeps its content.</summary>
    internal static void ValidateImmutable(JsonObject item, JsonObject old, FieldErrors errors, params string[] fields)
    {
        if (!old.Flag("immutable"))
        {
            return;
        }

        if (!item.Flag("immutable"))
        {
            errors.Forbidden("immutable", "field is immutable when `immutable` is set");
        }

        foreach (var field in fields.Where(field => !JsonNode.DeepEquals(item[field], old[field])))
        {
            errors.Forbidden(field, "field is immutable when `immutable` is set");
        }
    }
}
