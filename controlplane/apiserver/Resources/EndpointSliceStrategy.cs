using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;
using Podwire.Primitives;

namespace Podwire.ApiServer.Resources;

/// <summary>discovery.k8s.io/v1 EndpointSlices.</summary>
internal sealed class EndpointSliceStrategy : ResourceStrategy
{
    private const int MostEndpoints = 1000;
    private const int MostPorts = 100;

    public override void SetDefaults(JsonObject item)
    {
        foreach (var port in item.Objects("ports"))
        {
            port["name"] ??= string.Empty;
            port["protocol"] ??= "TCP";
        }

        // A slice of nothing still has its list.
        item["endpoints"] ??= new JsonArray();
    }

    public override void PrepareForCreate(JsonObject item) => ObjectMetaRules.Of(item)["generation"] = 1L;

    public override void PrepareForUpdate(JsonObject item, JsonObject old)
    {
        if (!JsonNode.DeepEquals(item["endpoints"], old["endpoints"]) || !JsonNode.DeepEquals(item["ports"], old["ports"]))
        {
            ObjectMetaRules.Of(item)["generation"] = (old.Object("metadata").Number("generation") ?? 0) + 1;
        }
    }

    public override void Validate(JsonObject item, FieldErrors errors)
    {
        var type = item.Text("addressType");
        if (string.IsNullOrEmpty(type))
        {
            errors.Required("addressType");
        }
        else if (type is not ("IPv4" or "IPv6" or "FQDN"))
        {
            errors.NotSupported("addressType", type, "FQDN", "IPv4", "IPv6");
        }

        if (item.Objects("endpoints").Count() > MostEndpoints)
        {
            errors.Invalid("endpoints", "", $"must have at most {MostEndpoints} items");
        }

        if (item.Objects("ports").Count() > MostPorts)
        {
            errors.Invalid("ports", "", $"must have at most {MostPorts} items");
        }

        foreach (var (index, endpoint) in item.Objects("endpoints").Index())
        {
            if (!endpoint.Texts("addresses").Any())
            {
                errors.Required($"endpoints[{index}].addresses", "must contain at least 1 address");
            }

            foreach (var (number, address) in endpoint.Texts("addresses").Index())
            {
                Address(type, address, $"endpoints[{index}].addresses[{number}]", errors);
            }
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, port) in item.Objects("ports").Index())
        {
            if (port.Text("name") is { Length: > 0 } name && Names.Label(name) is { } wrong)
            {
                errors.Invalid($"ports[{index}].name", name, wrong);
            }

            if (!names.Add(port.Text("name") ?? string.Empty))
            {
                errors.Duplicate($"ports[{index}].name", port.Text("name") ?? string.Empty);
            }

            if (port.Text("protocol") is not ("TCP" or "UDP" or "SCTP"))
            {
                errors.NotSupported($"ports[{index}].protocol", port.Text("protocol") ?? string.Empty, "SCTP", "TCP", "UDP");
            }
        }
    }

    public override void ValidateUpdate(JsonObject item, JsonObject old, FieldErrors errors)
    {
        if (item.Text("addressType") != old.Text("addressType"))
        {
            errors.Invalid("addressType", item.Text("addressType") ?? string.Empty, "field is immutable");
        }
    }

    private static void Address(string? type, string text, string field, FieldErrors errors)
    {
        if (type == "FQDN")
        {
            if (Names.Subdomain(text) is { } wrong)
            {
                errors.Invalid(field, text, wrong);
            }

            return;
        }

        if (!IpAddress.TryParse(text, out var address) || (type == "IPv4" ? !address.IsV4 : !address.IsV6))
        {
            errors.Invalid(field, text, $"must be an {type} address");
        }
        else if (address.IsUnspecified || address.IsLoopback || address.IsLinkLocal || address.IsMulticast)
        {
            errors.Invalid(field, text, "may not be unspecified, loopback, link-local or multicast");
        }
    }
}
