using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;
using Podwire.Primitives;

namespace Podwire.ApiServer.Resources;

/// <summary>Services, IPv4 only. Addresses and ports are handed out by <see cref="Services.ServiceAllocations"/>.</summary>
internal sealed class ServiceStrategy : ResourceStrategy
{
    private const string Headless = "None";

    public override NameRule NameRule => NameRule.ServiceLabel;

    public override bool HasStatus => true;

    public override void SetDefaults(JsonObject item)
    {
        var spec = item.Ensure("spec");
        spec.Default("type", "ClusterIP");
        spec.Default("sessionAffinity", "None");
        if (spec.Text("sessionAffinity") == "ClientIP")
        {
            spec.Ensure("sessionAffinityConfig").Ensure("clientIP")["timeoutSeconds"] ??= 10800L;
        }
        else
        {
            spec.Remove("sessionAffinityConfig");
        }

        foreach (var port in spec.Objects("ports"))
        {
            port.Default("protocol", "TCP");
            if (port["targetPort"] is null || port["targetPort"].AsNumber() == 0 || port["targetPort"].AsText() == string.Empty)
            {
                port.TakeFrom("targetPort", new JsonObject { ["targetPort"] = port["port"]?.DeepClone() });
            }
        }

        if (spec.Text("type") is "NodePort" or "LoadBalancer")
        {
            spec.Default("externalTrafficPolicy", "Cluster");
        }

        if (spec.Text("type") == "LoadBalancer")
        {
            spec["allocateLoadBalancerNodePorts"] ??= true;
        }

        if (spec.Text("type") != "ExternalName")
        {
            spec.Default("internalTrafficPolicy", "Cluster");
            spec.Default("ipFamilyPolicy", "SingleStack");
            spec["ipFamilies"] ??= new JsonArray("IPv4");
            SyncAddresses(spec);
        }

        item.Ensure("status").Ensure("loadBalancer");
    }

    /// <summary>An update may leave out what was allocated; what the new type cannot have goes away.</summary>
    public override void PrepareForUpdate(JsonObject item, JsonObject old)
    {
        base.PrepareForUpdate(item, old);
        var (spec, before) = (item.Ensure("spec"), old.Object("spec")!);
        var (type, oldType) = (spec.Text("type") is { Length: > 0 } given ? given : "ClusterIP", before.Text("type"));
        if (type != "ExternalName" && oldType != "ExternalName" && spec["clusterIP"].IsEmpty() && spec["clusterIPs"].IsEmpty())
        {
            spec.TakeFrom("clusterIP", before);
            spec.TakeFrom("clusterIPs", before);
        }

        if (type == "ExternalName" && oldType != "ExternalName")
        {
            foreach (var name in new[] { "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy" }.Where(name => JsonNode.DeepEquals(spec[name], before[name])))
            {
                spec.Remove(name);
            }
        }

        var exposes = type is "NodePort" or "LoadBalancer";
        foreach (var port in spec.Objects("ports"))
        {
            var same = before.Objects("ports").FirstOrDefault(other => other.Number("port") == port.Number("port") && (other.Text("protocol") ?? "TCP") == (port.Text("protocol") ?? "TCP"));
            if (exposes && (port.Number("nodePort") ?? 0) == 0 && same?["nodePort"] is { } nodePort)
            {
                port["nodePort"] = nodePort.DeepClone();
            }
            else if (!exposes && port["nodePort"] is not null && oldType is ("NodePort" or "LoadBalancer"))
            {
                port.Remove("nodePort");
            }
        }

        if (!exposes && JsonNode.DeepEquals(spec["externalTrafficPolicy"], before["externalTrafficPolicy"]))
        {
            spec.Remove("externalTrafficPolicy");
        }
    }

    public override void Validate(JsonObject item, FieldErrors errors)
    {
        var spec = item.Object("spec")!;
        var type = spec.Text("type")!;
        if (type is not ("ClusterIP" or "NodePort" or "LoadBalancer" or "ExternalName"))
        {
            errors.NotSupported("spec.type", type, "ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
        }

        if (spec.Text("sessionAffinity") is not ("ClientIP" or "None"))
        {
            errors.NotSupported("spec.sessionAffinity", spec.Text("sessionAffinity")!, "ClientIP", "None");
        }

        if (spec.At("sessionAffinityConfig", "clientIP").Number("timeoutSeconds") is <= 0 or > 86400)
        {
            errors.Invalid("spec.sessionAffinityConfig.clientIP.timeoutSeconds", spec.At("sessionAffinityConfig", "clientIP")!["timeoutSeconds"], "must be greater than 0 and less than 86400");
        }

        foreach (var name in new[] { "externalTrafficPolicy", "internalTrafficPolicy" })
        {
            if (spec.Text(name) is { Length: > 0 } policy and not ("Cluster" or "Local"))
            {
                errors.NotSupported($"spec.{name}", policy, "Cluster", "Local");
            }
        }

        ObjectMetaRules.ValidateLabels(spec.Object("selector"), "spec.selector", errors);
        ValidateFamilies(spec, errors);
        ValidateAddress(spec, type, errors);
        ValidatePorts(spec, type, errors);
        foreach (var (index, text) in spec.Texts("externalIPs").Index())
        {
            if (!IpAddress.TryParse(text, out var address) || address.IsLoopback || address.IsUnspecified || address.IsMulticast || address.IsLinkLocal)
            {
                errors.Invalid($"spec.externalIPs[{index}]", text, "must be a valid IP address that is not unspecified, loopback, link-local or multicast");
            }
        }
    }

    public override void ValidateUpdate(JsonObject item, JsonObject old, FieldErrors errors)
    {
        var (spec, before) = (item.Object("spec")!, old.Object("spec")!);
        if (spec.Text("type") != "ExternalName" && before.Text("type") != "ExternalName"
            && before.Text("clusterIP") is { Length: > 0 } address && spec.Text("clusterIP") is { Length: > 0 } asked && asked != address)
        {
            errors.Invalid("spec.clusterIPs[0]", spec["clusterIPs"], "may not change once set");
        }
    }

    /// <summary>clusterIP and clusterIPs[0] are the same; either may be given.</summary>
    private static void SyncAddresses(JsonObject spec)
    {
        if (spec["clusterIPs"].IsEmpty() && spec.Text("clusterIP") is { Length: > 0 } address)
        {
            spec["clusterIPs"] = new JsonArray(address);
        }
        else if (spec["clusterIP"].IsEmpty() && spec.Texts("clusterIPs").FirstOrDefault() is { Length: > 0 } first)
        {
            spec["clusterIP"] = first;
        }
    }

    private static void ValidateFamilies(JsonObject spec, FieldErrors errors)
    {
        if (spec.Text("ipFamilyPolicy") == "RequireDualStack")
        {
            errors.Invalid("spec.ipFamilyPolicy", "RequireDualStack", "this cluster is not configured for dual-stack services");
        }

        foreach (var (index, family) in spec.Texts("ipFamilies").Index())
        {
            if (family is not "IPv4")
            {
                errors.Invalid($"spec.ipFamilies[{index}]", family, "not configured on this cluster");
            }
            else if (index > 0)
            {
                errors.Duplicate($"spec.ipFamilies[{index}]", family);
            }
        }
    }

    private static void ValidateAddress(JsonObject spec, string type, FieldErrors errors)
    {
        var address = spec.Text("clusterIP") ?? string.Empty;
        if (type == "ExternalName")
        {
            if (address.Length > 0)
            {
                errors.Forbidden("spec.clusterIPs", "may not be set for ExternalName services");
            }

            if (spec.Text("externalName") is not { Length: > 0 } name)
            {
                errors.Required("spec.externalName");
            }
            else if (Names.Subdomain(name.TrimEnd('.')) is { } wrong)
            {
                errors.Invalid("spec.externalName", name, wrong);
            }

            return;
        }

        if (address == Headless && type != "ClusterIP")
        {
            errors.Invalid("spec.clusterIPs[0]", address, $"may not be set to 'None' for {type} services");
        }
        else if (address.Length > 0 && address != Headless && !(IpAddress.TryParse(address, out var parsed) && parsed.IsV4))
        {
            errors.Invalid("spec.clusterIPs[0]", address, "must be a valid IPv4 address, (e.g. 10.9.8.7)");
        }

        if (spec.Texts("clusterIPs").FirstOrDefault() is { } first && first != address)
        {
            errors.Invalid("spec.clusterIPs", spec["clusterIPs"], "first value must match `clusterIP`");
        }

        if (spec.Texts("clusterIPs").Count() > 1)
        {
            errors.Invalid("spec.clusterIPs", spec["clusterIPs"], "may only hold one value in a cluster that is not dual-stack");
        }
    }

    private static void ValidatePorts(JsonObject spec, string type, FieldErrors errors)
    {
        var ports = spec.Objects("ports").ToList();
        if (ports.Count == 0 && type != "ExternalName" && spec.Text("clusterIP") != Headless)
        {
            errors.Required("spec.ports");
        }

        var (names, pairs, nodePorts) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var (index, port) in ports.Index())
        {
            var at = $"spec.ports[{index}]";
            var name = port.Text("name") ?? string.Empty;
            if (name.Length == 0 && ports.Count > 1)
            {
                errors.Required($"{at}.name");
            }
            else if (name.Length > 0 && Names.Label(name) is { } wrong)
            {
                errors.Invalid($"{at}.name", name, wrong);
            }
            else if (name.Length > 0 && !names.Add(name))
            {
                errors.Duplicate($"{at}.name", name);
            }

            if (port.Number("port") is null or < 1 or > 65535)
            {
                errors.Invalid($"{at}.port", port["port"], "must be between 1 and 65535, inclusive");
            }

            if (port.Text("protocol") is not ("TCP" or "UDP" or "SCTP"))
            {
                errors.NotSupported($"{at}.protocol", port.Text("protocol")!, "SCTP", "TCP", "UDP");
            }

            if (port["targetPort"].AsNumber() is { } target && target is < 1 or > 65535)
            {
                errors.Invalid($"{at}.targetPort", port["targetPort"], "must be between 1 and 65535, inclusive");
            }
            else if (port["targetPort"].AsText() is { } targetName && Names.PortName(targetName) is { } wrongTarget)
            {
                errors.Invalid($"{at}.targetPort", targetName, wrongTarget);
            }

            if (!pairs.Add($"{port.Text("protocol")}/{port.Number("port")}"))
            {
                errors.Duplicate(at, $"{port.Number("port")}/{port.Text("protocol")}");
            }

            if (port.Number("nodePort") is > 0 and var nodePort)
            {
                if (type is not ("NodePort" or "LoadBalancer"))
                {
                    errors.Forbidden($"{at}.nodePort", $"may not be used when `type` is '{type}'");
                }
                else if (!nodePorts.Add($"{port.Text("protocol")}/{nodePort}"))
                {
                    errors.Duplicate($"{at}.nodePort", $"{nodePort}");
                }
            }
        }
    }
}
