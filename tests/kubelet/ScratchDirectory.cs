namespace Podwire.Kubelet.Tests;

/// <summary>A directory for one test, gone with it.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("kubelet-test-").FullName;

    public string At(params string[] words) => System.IO.Path.Combine([Path, .. words]);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
