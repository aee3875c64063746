using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Pods;

/// <summary>The config maps and secrets that a container needs to start. Pure.</summary>
internal static class PodReferences
{
    /// <summary>Names of config maps, then of secrets: of its variables and of the volumes it mounts.</summary>
    public static (HashSet<string> ConfigMaps, HashSet<string> Secrets) Of(Pod pod, Container container)
    {
        HashSet<string> maps = [], secrets = [];
        foreach (var source in container.EnvFrom)
        {
            Add(maps, source.ConfigMapRef?.Name);
            Add(secrets, source.SecretRef?.Name);
        }

        foreach (var variable in container.Env)
        {
            Add(maps, variable.ValueFrom?.ConfigMapKeyRef?.Name);
            Add(secrets, variable.ValueFrom?.SecretKeyRef?.Name);
        }

        foreach (var volume in pod.Spec.Volumes.Where(volume => container.VolumeMounts.Exists(mount => mount.Name == volume.Name)))
        {
            Add(maps, volume.ConfigMap?.Name);
            Add(secrets, volume.Secret?.SecretName);
            foreach (var source in volume.Projected?.Sources ?? [])
            {
                Add(maps, source.ConfigMap?.Name);
                Add(secrets, source.Secret?.Name);
            }
        }

        return (maps, secrets);
    }

    private static void Add(HashSet<string> names, string? name)
    {
        if (!string.IsNullOrEmpty(name))
        {
            names.Add(name);
        }
    }
}
