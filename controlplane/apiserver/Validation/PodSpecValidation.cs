using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Schema;

namespace Podwire.ApiServer.Validation;

/// <summary>The rules for a PodSpec that matter to what runs it (k8s.io/kubernetes/pkg/apis/core/validation).</summary>
internal static class PodSpecValidation
{
    private static readonly string[] Protocols = ["TCP", "UDP", "SCTP"];
    private static readonly string[] PullPolicies = ["Always", "IfNotPresent", "Never"];

    public static void Validate(JsonObject? spec, string path, FieldErrors errors)
    {
        if (spec is null)
        {
            errors.Required(path);
            return;
        }

        OneOf(spec, "restartPolicy", path, errors, "Always", "OnFailure", "Never");
        OneOf(spec, "dnsPolicy", path, errors, "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None");
        if (spec.Number("terminationGracePeriodSeconds") < 0)
        {
            errors.Invalid($"{path}.terminationGracePeriodSeconds", spec["terminationGracePeriodSeconds"], "must be greater than or equal to 0");
        }

        if (spec.Number("activeDeadlineSeconds") is <= 0)
        {
            errors.Invalid($"{path}.activeDeadlineSeconds", spec["activeDeadlineSeconds"], "must be between 1 and 2147483647, inclusive");
        }

        foreach (var name in new[] { "nodeName", "serviceAccountName" })
        {
            if (spec.Text(name) is { Length: > 0 } text && Names.Subdomain(text) is { } wrong)
            {
                errors.Invalid($"{path}.{name}", text, wrong);
            }
        }

        foreach (var name in new[] { "hostname", "subdomain" })
        {
            if (spec.Text(name) is { Length: > 0 } text && Names.Label(text) is { } wrong)
            {
                errors.Invalid($"{path}.{name}", text, wrong);
            }
        }

        Rest.ObjectMetaRules.ValidateLabels(spec.Object("nodeSelector"), $"{path}.nodeSelector", errors);
        Tolerations(spec, path, errors);
        var volumes = Volumes(spec, path, errors);
        Containers(spec, path, volumes, errors);
    }

    private static void OneOf(JsonObject node, string name, string path, FieldErrors errors, params string[] values)
    {
        if (node.Text(name) is { Length: > 0 } text && !values.Contains(text))
        {
            errors.NotSupported($"{path}.{name}", text, values);
        }
    }

    private static void Tolerations(JsonObject spec, string path, FieldErrors errors)
    {
        foreach (var (index, toleration) in spec.Objects("tolerations").Index())
        {
            var at = $"{path}.tolerations[{index}]";
            if (toleration.Text("key") is { Length: > 0 } key && Names.Qualified(key) is { } wrong)
            {
                errors.Invalid($"{at}.key", key, wrong);
            }

            OneOf(toleration, "operator", at, errors, "Equal", "Exists");
            OneOf(toleration, "effect", at, errors, "NoSchedule", "PreferNoSchedule", "NoExecute");
            if (string.IsNullOrEmpty(toleration.Text("key")) && toleration.Text("operator") != "Exists")
            {
                errors.Invalid($"{at}.operator", toleration.Text("operator") ?? string.Empty, "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
            }

            if (toleration.Text("operator") == "Exists" && toleration.Text("value") is { Length: > 0 })
            {
                errors.Invalid($"{at}.operator", "Exists", "value must be empty when `operator` is 'Exists'");
            }
        }
    }

    private static HashSet<string> Volumes(JsonObject spec, string path, FieldErrors errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, volume) in spec.Objects("volumes").Index())
        {
            var at = $"{path}.volumes[{index}]";
            Name(volume, at, names, errors);
            var sources = volume.Count(entry => entry.Key != "name");
            if (sources > 1)
            {
                errors.Forbidden(at, "may not specify more than 1 volume type");
            }

            if (volume.Object("hostPath") is { } host && string.IsNullOrEmpty(host.Text("path")))
            {
                errors.Required($"{at}.hostPath.path");
            }
        }

        return names;
    }

    private static void Containers(JsonObject spec, string path, HashSet<string> volumes, FieldErrors errors)
    {
        if (!spec.Objects("containers").Any())
        {
            errors.Required($"{path}.containers");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        var hostPorts = new HashSet<string>(StringComparer.Ordinal);
        foreach (var list in new[] { "initContainers", "containers" })
        {
            foreach (var (index, container) in spec.Objects(list).Index())
            {
                var at = $"{path}.{list}[{index}]";
                Name(container, at, names, errors);
                Container(container, at, volumes, hostPorts, errors);
            }
        }
    }

    private static void Name(JsonObject item, string at, HashSet<string> names, FieldErrors errors)
    {
        if (item.Text("name") is not { Length: > 0 } name)
        {
            errors.Required($"{at}.name");
        }
        else if (Names.Label(name) is { } wrong)
        {
            errors.Invalid($"{at}.name", name, wrong);
        }
        else if (!names.Add(name))
        {
            errors.Duplicate($"{at}.name", name);
        }
    }

    private static void Container(JsonObject container, string at, HashSet<string> volumes, HashSet<string> hostPorts, FieldErrors errors)
    {
        if (container.Text("image") is not { Length: > 0 } image)
        {
            errors.Required($"{at}.image");
        }
        else if (image.Trim() != image)
        {
            errors.Invalid($"{at}.image", image, "must not have leading or trailing whitespace");
        }

        OneOf(container, "imagePullPolicy", at, errors, PullPolicies);
        OneOf(container, "terminationMessagePolicy", at, errors, "File", "FallbackToLogsOnError");
        Ports(container, at, hostPorts, errors);
        foreach (var (index, variable) in container.Objects("env").Index())
        {
            if (variable.Text("name") is not { Length: > 0 } name)
            {
                errors.Required($"{at}.env[{index}].name");
            }
            else if (Names.EnvironmentName(name) is { } wrong)
            {
                errors.Invalid($"{at}.env[{index}].name", name, wrong);
            }

            if (variable.Text("value") is { Length: > 0 } && variable.Object("valueFrom") is { Count: > 0 })
            {
                errors.Invalid($"{at}.env[{index}].valueFrom", "", "may not be specified when `value` is not empty");
            }
        }

        Mounts(container, at, volumes, errors);
        Resources(container.Object("resources"), $"{at}.resources", errors);
        foreach (var name in new[] { "livenessProbe", "readinessProbe", "startupProbe" })
        {
            if (container.Object(name) is { } probe)
            {
                Probe(probe, $"{at}.{name}", name == "readinessProbe", errors);
            }
        }
    }

    private static void Ports(JsonObject container, string at, HashSet<string> hostPorts, FieldErrors errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, port) in container.Objects("ports").Index())
        {
            var where = $"{at}.ports[{index}]";
            if (port.Text("name") is { Length: > 0 } name)
            {
                if (Names.PortName(name) is { } wrong)
                {
                    errors.Invalid($"{where}.name", name, wrong);
                }
                else if (!names.Add(name))
                {
                    errors.Duplicate($"{where}.name", name);
                }
            }

            if ((port.Number("containerPort") ?? 0) == 0)
            {
                errors.Required($"{where}.containerPort");
            }
            else if (port.Number("containerPort") is < 1 or > 65535)
            {
                errors.Invalid($"{where}.containerPort", port["containerPort"], "must be between 1 and 65535, inclusive");
            }

            OneOf(port, "protocol", where, errors, Protocols);
            if (port.Number("hostPort") is not (null or 0) and var hostPort)
            {
                if (hostPort is < 1 or > 65535)
                {
                    errors.Invalid($"{where}.hostPort", port["hostPort"], "must be between 1 and 65535, inclusive");
                }
                else if (!hostPorts.Add($"{port.Text("protocol")}/{port.Text("hostIP")}/{hostPort}"))
                {
                    errors.Duplicate($"{where}.hostPort", $"{port.Text("protocol")}/{port.Text("hostIP")}/{hostPort}");
                }
            }
        }
    }

    private static void Mounts(JsonObject container, string at, HashSet<string> volumes, FieldErrors errors)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, mount) in container.Objects("volumeMounts").Index())
        {
            var where = $"{at}.volumeMounts[{index}]";
            if (mount.Text("name") is not { Length: > 0 } name)
            {
                errors.Required($"{where}.name");
            }
            else if (!volumes.Contains(name))
            {
                errors.NotFound($"{where}.name", name);
            }

            if (mount.Text("mountPath") is not { Length: > 0 } path)
            {
                errors.Required($"{where}.mountPath");
            }
            else if (!paths.Add(path))
            {
                errors.Invalid($"{where}.mountPath", path, "must be unique");
            }
        }
    }

    private static void Resources(JsonObject? resources, string at, FieldErrors errors)
    {
        foreach (var kind in new[] { "limits", "requests" })
        {
            foreach (var (name, amount) in resources?.Object(kind) ?? [])
            {
                if (!Quantity.TryParse(amount.AsText() ?? string.Empty, out var value) || value < 0)
                {
                    errors.Invalid($"{at}.{kind}[{name}]", amount, "must be greater than or equal to 0");
                }
                else if (kind == "requests" && resources!.Object("limits").Text(name) is { } limit && Quantity.TryParse(limit, out var most) && value > most)
                {
                    errors.Invalid($"{at}.requests", amount, $"must be less than or equal to {name} limit of {limit}");
                }
            }
        }
    }

    private static void Probe(JsonObject probe, string at, bool isReadiness, FieldErrors errors)
    {
        var handlers = new[] { "exec", "httpGet", "tcpSocket", "grpc" }.Where(name => probe.Object(name) is not null).ToArray();
        if (handlers.Length == 0)
        {
            errors.Required(at, "must specify a handler type");
        }
        else if (handlers.Length > 1)
        {
            errors.Forbidden($"{at}.{handlers[1]}", "may not specify more than 1 handler type");
        }

        if (handlers is ["httpGet" or "tcpSocket", ..] && probe.Object(handlers[0])!["port"] is { } port)
        {
            if (port.AsNumber() is { } number && number is < 1 or > 65535)
            {
                errors.Invalid($"{at}.{handlers[0]}.port", port, "must be between 1 and 65535, inclusive");
            }
            else if (port.AsText() is { } name && Names.PortName(name) is { } wrong)
            {
                errors.Invalid($"{at}.{handlers[0]}.port", name, wrong);
            }
        }

        foreach (var name in new[] { "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold" })
        {
            if (probe.Number(name) < 0)
            {
                errors.Invalid($"{at}.{name}", probe[name], "must be greater than or equal to 0");
            }
        }

        if (!isReadiness && probe.Number("successThreshold") is > 1)
        {
            errors.Invalid($"{at}.successThreshold", probe["successThreshold"], "must be 1");
        }
    }
}
