using System.Text;
using System.Text.RegularExpressions;
using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Pods;

/// <summary>
/// A container's environment, in the order in which later ones win: PATH and HOSTNAME, services, envFrom, env. Pure.
/// </summary>
internal static partial class ContainerEnvironment
{
    /// <summary>Where programs are found unless the container says otherwise.</summary>
    public const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>The variables.</summary>
    /// <exception cref="ConfigurationException">A reference leads nowhere.</exception>
    public static Dictionary<string, string> Of(Pod pod, Container container, PodFacts facts)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = DefaultPath, ["HOSTNAME"] = facts.Hostname };
        foreach (var (name, value) in ServiceEnvironment.Of(facts.Services, pod.Metadata.Namespace ?? "", pod.Spec.EnableServiceLinks ?? true))
        {
            variables[name] = value;
        }

        foreach (var source in container.EnvFrom)
        {
            foreach (var (key, value) in From(source, facts))
            {
                if (Name().IsMatch(source.Prefix + key))
                {
                    variables[source.Prefix + key] = value;
                }
            }
        }

        foreach (var variable in container.Env)
        {
            var value = variable.ValueFrom is { } source
                ? From(pod, container, source, facts)
                : VariableExpansion.Expand(variable.Value ?? "", variables);
            if (value is not null)
            {
                variables[variable.Name] = value;
            }
        }

        return variables;
    }

    private static Dictionary<string, string> From(EnvFromSource source, PodFacts facts) => source switch
    {
        { ConfigMapRef: { } reference } => facts.ConfigMaps.GetValueOrDefault(reference.Name)?.Data
            ?? Missing(reference.Optional, $"configmap \"{reference.Name}\" not found"),
        { SecretRef: { } reference } => facts.Secrets.GetValueOrDefault(reference.Name)?.Data.ToDictionary(pair => pair.Key, pair => Decode(pair.Value))
            ?? Missing(reference.Optional, $"secret \"{reference.Name}\" not found"),
        _ => [],
    };

    private static string? From(Pod pod, Container container, EnvVarSource source, PodFacts facts) => source switch
    {
        { FieldRef: { } field } => DownwardApi.Field(pod, facts, field.FieldPath),
        { ResourceFieldRef: { } resource } => DownwardApi.Resource(pod, container, facts, resource),
        { ConfigMapKeyRef: { } key } => Key(facts.ConfigMaps.GetValueOrDefault(key.Name)?.Data, key, "configmap"),
        { SecretKeyRef: { } key } => Key(facts.Secrets.GetValueOrDefault(key.Name)?.Data, key, "secret") is { } encoded ? Decode(encoded) : null,
        _ => throw ConfigurationException.Config("env valueFrom names no source that is served"),
    };

    private static string? Key(Dictionary<string, string>? data, KeySelector key, string kind)
    {
        if (data is not null && data.TryGetValue(key.Key, out var value))
        {
            return value;
        }

        return key.Optional == true ? null : throw ConfigurationException.Config(
            data is null ? $"{kind} \"{key.Name}\" not found" : $"couldn't find key {key.Key} in {kind} \"{key.Name}\"");
    }

    private static Dictionary<string, string> Missing(bool? optional, string message) =>
        optional == true ? [] : throw ConfigurationException.Config(message);

    private static string Decode(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64));

    // What Kubernetes takes for a variable's name: any printable ASCII but '='.
    [GeneratedRegex("^[ -<>-~]+$")]
    private static partial Regex Name();
}
