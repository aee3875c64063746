using System.Text;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Resources;

/// <summary>Secrets: stringData becomes data, the type never changes, types that need keys have them.</summary>
internal sealed class SecretStrategy : ResourceStrategy
{
    public override void SetDefaults(JsonObject item)
    {
        item.Default("type", "Opaque");
        if (item.Object("stringData") is { } texts)
        {
            var data = item.Ensure("data");
            foreach (var (key, value) in texts)
            {
                data[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value.AsText() ?? string.Empty));
            }

            item.Remove("stringData");
        }
    }

    public override void Validate(JsonObject item, FieldErrors errors)
    {
        var size = 0L;
        foreach (var (key, value) in item.Object("data") ?? [])
        {
            size += (value.AsText()?.Length ?? 0) * 3L / 4;
            if (Names.ConfigKey(key) is { } wrong)
            {
                errors.Invalid($"data[{key}]", key, wrong);
            }
        }

        if (size > ConfigMapStrategy.MostBytes)
        {
            errors.TooLong("data", ConfigMapStrategy.MostBytes);
        }

        string[] needed = item.Text("type") switch
        {
            "kubernetes.io/tls" => ["tls.crt", "tls.key"],
            "kubernetes.io/dockerconfigjson" => [".dockerconfigjson"],
            "kubernetes.io/dockercfg" => [".dockercfg"],
            "kubernetes.io/ssh-auth" => ["ssh-privatekey"],
            _ => [],
        };
        foreach (var key in needed.Where(key => item.Object("data")?.ContainsKey(key) != true))
        {
            errors.Required($"data[{key}]");
        }

        if (item.Text("type") == "kubernetes.io/service-account-token" && string.IsNullOrEmpty(item.At("metadata", "annotations").Text("kubernetes.io/service-account.name")))
        {
            errors.Required("metadata.annotations[kubernetes.io/service-account.name]");
        }
    }

    public override void ValidateUpdate(JsonObject item, JsonObject old, FieldErrors errors)
    {
        if (item.Text("type") != old.Text("type"))
        {
            errors.Invalid("type", item.Text("type") ?? string.Empty, "field is immutable");
        }

        ConfigMapStrategy.ValidateImmutable(item, old, errors, "data");
    }
}
