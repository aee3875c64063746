using System.Text;
using Podwire.Kube.Objects;
using Podwire.Kubelet.Runtime;
using Podwire.Kubelet.Shim;

namespace Podwire.Kubelet.Pods;

/// <summary>
/// A pod's volumes as directories on the node: emptyDir, hostPath, configMap, secret, downwardAPI and projections of these.
/// Others are refused by name. Contents are written when a container starts and not refreshed while it runs.
/// </summary>
/// <param name="paths">Where they are.</param>
internal sealed class PodVolumes(KubeletPaths paths)
{
    private const int DefaultMode = 0x1A4; // 0644

    /// <summary>Prepares what <paramref name="container"/> mounts, in the order of its mounts.</summary>
    /// <exception cref="ConfigurationException">A volume is missing, is of a kind that is not served, or refers to nothing.</exception>
    public List<ShimMount> Prepare(Pod pod, Container container, PodFacts facts, IReadOnlyDictionary<string, string> environment)
    {
        var mounts = new List<ShimMount>();
        foreach (var mount in container.VolumeMounts)
        {
            var volume = pod.Spec.Volumes.Find(one => one.Name == mount.Name)
                ?? throw ConfigurationException.Config($"container {container.Name} mounts {mount.Name}, which is no volume of the pod");
            var source = Source(pod, container, volume, facts);
            var below = string.IsNullOrEmpty(mount.SubPathExpr) ? mount.SubPath ?? "" : VariableExpansion.Expand(mount.SubPathExpr, environment);
            if (below.Length > 0)
            {
                if (Path.IsPathRooted(below) || below.Split('/').Contains(".."))
                {
                    throw ConfigurationException.Config($"subPath {below} of container {container.Name} leaves its volume");
                }

                source = Path.Combine(source, below);
                if (!Path.Exists(source))
                {
                    Directory.CreateDirectory(source);
                }
            }

            mounts.Add(new(source, mount.MountPath, mount.ReadOnly == true));
        }

        return mounts;
    }

    private string Source(Pod pod, Container container, Volume volume, PodFacts facts)
    {
        var uid = pod.Metadata.Uid!;
        switch (volume)
        {
            case { HostPath: { } host }:
                return HostPath(host);
            case { EmptyDir: not null }:
                var directory = paths.Volume(uid, "empty-dir", volume.Name);
                if (!Directory.Exists(directory))
                {
                    Directory.CreateDirectory(directory);
                    File.SetUnixFileMode(directory, (UnixFileMode)0x1FF); // 0777, as the kubelet makes it
                }

                return directory;
            case { ConfigMap: { } map }:
                return Write(paths.Volume(uid, "configmap", volume.Name), map.DefaultMode, ConfigMapFiles(facts, map.Name, map.Items, map.Optional));
            case { Secret: { } secret }:
                return Write(paths.Volume(uid, "secret", volume.Name), secret.DefaultMode, SecretFiles(facts, secret.SecretName, secret.Items, secret.Optional));
            case { DownwardAPI: { } downward }:
                return Write(paths.Volume(uid, "downward-api", volume.Name), downward.DefaultMode, DownwardFiles(pod, container, facts, downward.Items));
            case { Projected: { } projected }:
                return Write(paths.Volume(uid, "projected", volume.Name), projected.DefaultMode, projected.Sources.SelectMany(source => source switch
                {
                    { ConfigMap: { } map } => ConfigMapFiles(facts, map.Name, map.Items, map.Optional),
                    { Secret: { } secret } => SecretFiles(facts, secret.Name, secret.Items, secret.Optional),
                    { DownwardAPI: { } downward } => DownwardFiles(pod, container, facts, downward.Items),
                    { ServiceAccountToken: not null } => throw NotServed(volume, "projected serviceAccountToken"),
                    _ => throw NotServed(volume, "a projection of an unknown kind"),
                }));
            default:
                throw NotServed(volume, volume.Unknown is { Count: > 0 } unknown ? unknown.Keys.First() : "a volume without a source");
        }
    }

    private static ConfigurationException NotServed(Volume volume, string kind) =>
        new("FailedMount", $"volume \"{volume.Name}\": {kind} is not served by this kubelet");

    private static string HostPath(HostPathVolumeSource host)
    {
        switch (host.Type)
        {
            case "DirectoryOrCreate":
                Directory.CreateDirectory(host.Path);
                break;
            case "FileOrCreate" when !Path.Exists(host.Path):
                File.Create(host.Path).Dispose();
                break;
            case "Directory" when !Directory.Exists(host.Path):
            case "File" when !File.Exists(host.Path):
                throw new ConfigurationException("FailedMount", $"hostPath type check failed: {host.Path} is not a {host.Type.ToLowerInvariant()}");
            case null or "":
                if (!Path.Exists(host.Path))
                {
                    Directory.CreateDirectory(host.Path);
                }

                break;
        }

        return Path.Exists(host.Path) ? host.Path : throw new ConfigurationException("FailedMount", $"hostPath {host.Path} does not exist");
    }

    private static IEnumerable<VolumeFile> ConfigMapFiles(PodFacts facts, string name, List<KeyToPath> items, bool? optional)
    {
        if (facts.ConfigMaps.GetValueOrDefault(name) is not { } map)
        {
            return optional == true ? [] : throw new ConfigurationException("FailedMount", $"configmap \"{name}\" not found");
        }

        var data = map.Data.ToDictionary(pair => pair.Key, pair => Encoding.UTF8.GetBytes(pair.Value));
        foreach (var (key, value) in map.BinaryData)
        {
            data[key] = Convert.FromBase64String(value);
        }

        return Select(data, items, optional, $"configmap \"{name}\"");
    }

    private static IEnumerable<VolumeFile> SecretFiles(PodFacts facts, string name, List<KeyToPath> items, bool? optional) =>
        facts.Secrets.GetValueOrDefault(name) is { } secret
            ? Select(secret.Data.ToDictionary(pair => pair.Key, pair => Convert.FromBase64String(pair.Value)), items, optional, $"secret \"{name}\"")
            : optional == true ? [] : throw new ConfigurationException("FailedMount", $"secret \"{name}\" not found");

    private static IEnumerable<VolumeFile> Select(Dictionary<string, byte[]> data, List<KeyToPath> items, bool? optional, string what)
    {
        if (items.Count == 0)
        {
            return data.Select(pair => new VolumeFile(pair.Key, pair.Value, null));
        }

        var files = new List<VolumeFile>();
        foreach (var item in items)
        {
            if (data.TryGetValue(item.Key, out var content))
            {
                files.Add(new(item.Path, content, item.Mode));
            }
            else if (optional != true)
            {
                throw new ConfigurationException("FailedMount", $"{what} has no key {item.Key}");
            }
        }

        return files;
    }

    private static IEnumerable<VolumeFile> DownwardFiles(Pod pod, Container container, PodFacts facts, List<DownwardApiVolumeFile> items) =>
        items.Select(item => new VolumeFile(
            item.Path,
            Encoding.UTF8.GetBytes(item.ResourceFieldRef is { } resource ? DownwardApi.Resource(pod, container, facts, resource) : DownwardApi.Field(pod, facts, item.FieldRef?.FieldPath ?? "")),
            item.Mode));

    /// <summary>Writes the files and removes those of an earlier start; the directory itself stays, containers have it mounted.</summary>
    private static string Write(string directory, int? defaultMode, IEnumerable<VolumeFile> files)
    {
        Directory.CreateDirectory(directory);
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (Path.IsPathRooted(file.Path) || file.Path.Split('/').Contains(".."))
            {
                throw ConfigurationException.Config($"{file.Path} is not a path inside a volume");
            }

            var path = Path.Combine(directory, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            AtomicFile.Write(path, file.Content, (UnixFileMode)(file.Mode ?? defaultMode ?? DefaultMode));
            File.SetUnixFileMode(path, (UnixFileMode)(file.Mode ?? defaultMode ?? DefaultMode));
            written.Add(Path.GetFullPath(path));
        }

        foreach (var stale in Directory.GetFiles(directory, "*", SearchOption.AllDirectories).Where(path => !written.Contains(Path.GetFullPath(path))))
        {
            File.Delete(stale);
        }

        return directory;
    }

    private sealed record VolumeFile(string Path, byte[] Content, int? Mode);
}
