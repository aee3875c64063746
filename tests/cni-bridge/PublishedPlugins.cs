[assembly: AssemblyFixture(typeof(Podwire.CniBridge.Tests.PublishedPlugins))]

namespace Podwire.CniBridge.Tests;

/// <summary>Publishes the plugins before the first test, because a test in the guest cannot.</summary>
public sealed class PublishedPlugins
{
    public PublishedPlugins()
    {
        if (Environment.IsPrivilegedProcess)
        {
            _ = CniExecutables.Path;
        }
    }
}
