using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;
using Podwire.Primitives;

namespace Podwire.ApiServer.Resources;

/// <summary>networking.k8s.io/v1 NetworkPolicies (k8s.io/kubernetes/pkg/apis/networking/validation).</summary>
internal sealed class NetworkPolicyStrategy : ResourceStrategy
{
    public override bool HasGeneration => true;

    public override void SetDefaults(JsonObject item)
    {
        var spec = item.Ensure("spec");
        spec["podSelector"] ??= new JsonObject();
        foreach (var port in spec.Objects("ingress").Concat(spec.Objects("egress")).SelectMany(rule => rule.Objects("ports")))
        {
            port["protocol"] ??= "TCP";
        }

        if (spec["policyTypes"].IsEmpty())
        {
            var types = new JsonArray();
            types.Add((JsonNode)"Ingress");
            if (!spec["egress"].IsEmpty())
            {
                types.Add((JsonNode)"Egress");
            }

            spec["policyTypes"] = types;
        }
    }

    public override void Validate(JsonObject item, FieldErrors errors)
    {
        var spec = item.Object("spec")!;
        SelectorValidation.Validate(spec.Object("podSelector"), "spec.podSelector", errors);
        ValidateRules(spec, "ingress", "from", errors);
        ValidateRules(spec, "egress", "to", errors);
        var types = spec.Texts("policyTypes").ToArray();
        if (types.Length > 2)
        {
            errors.Invalid("spec.policyTypes", spec["policyTypes"], "may not specify more than two policyTypes");
        }

        foreach (var (index, type) in types.Index())
        {
            if (type is not ("Ingress" or "Egress"))
            {
                errors.NotSupported($"spec.policyTypes[{index}]", type, "Egress", "Ingress");
            }
        }
    }

    private static void ValidateRules(JsonObject spec, string direction, string peers, FieldErrors errors)
    {
        foreach (var (index, rule) in spec.Objects(direction).Index())
        {
            foreach (var (number, port) in rule.Objects("ports").Index())
            {
                ValidatePort(port, $"spec.{direction}[{index}].ports[{number}]", errors);
            }

            foreach (var (number, peer) in rule.Objects(peers).Index())
            {
                ValidatePeer(peer, $"spec.{direction}[{index}].{peers}[{number}]", errors);
            }
        }
    }

    private static void ValidatePort(JsonObject port, string path, FieldErrors errors)
    {
        if (port.Text("protocol") is { } protocol && protocol is not ("TCP" or "UDP" or "SCTP"))
        {
            errors.NotSupported($"{path}.protocol", protocol, "SCTP", "TCP", "UDP");
        }

        if (port["port"] is { } value)
        {
            if (value.AsNumber() is { } number)
            {
                if (number is < 1 or > 65535)
                {
                    errors.Invalid($"{path}.port", value, "must be between 1 and 65535, inclusive");
                }
            }
            else if (Names.PortName(value.AsText() ?? string.Empty) is { } wrong)
            {
                errors.Invalid($"{path}.port", value, wrong);
            }
        }

        if (port["endPort"] is { } end)
        {
            if (port["port"].AsNumber() is not { } first)
            {
                errors.Invalid($"{path}.endPort", end, port["port"] is null ? "may not be specified when `port` is not specified" : "may not be specified when `port` is non-numeric");
            }
            else if (end.AsNumber() < first)
            {
                errors.Invalid($"{path}.endPort", end, "must be greater than or equal to `port`");
            }
            else if (end.AsNumber() is not (>= 1 and <= 65535))
            {
                errors.Invalid($"{path}.endPort", end, "must be between 1 and 65535, inclusive");
            }
        }
    }

    private static void ValidatePeer(JsonObject peer, string path, FieldErrors errors)
    {
        SelectorValidation.Validate(peer.Object("podSelector"), $"{path}.podSelector", errors);
        SelectorValidation.Validate(peer.Object("namespaceSelector"), $"{path}.namespaceSelector", errors);
        var hasSelector = peer["podSelector"] is not null || peer["namespaceSelector"] is not null;
        if (peer.Object("ipBlock") is not { } block)
        {
            if (!hasSelector)
            {
                errors.Required(path, "must specify a peer");
            }

            return;
        }

        if (hasSelector)
        {
            errors.Forbidden(path, "may not specify both ipBlock and another peer");
        }

        if (block.Text("cidr") is not { Length: > 0 } cidr)
        {
            errors.Required($"{path}.ipBlock.cidr");
        }
        else if (!IpPrefix.TryParse(cidr, out var outer))
        {
            errors.Invalid($"{path}.ipBlock.cidr", cidr, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
        }
        else
        {
            ValidateExcept(block, outer, $"{path}.ipBlock", errors);
        }
    }

    private static void ValidateExcept(JsonObject block, IpPrefix outer, string path, FieldErrors errors)
    {
        foreach (var (index, text) in block.Texts("except").Index())
        {
            if (!IpPrefix.TryParse(text, out var inner))
            {
                errors.Invalid($"{path}.except[{index}]", text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
            }
            else if (inner.Length <= outer.Length || !outer.Contains(inner.First))
            {
                errors.Invalid($"{path}.except[{index}]", text, "must be a strict subset of `cidr`");
            }
        }
    }
}
