namespace Podwire.EndToEnd.Tests;

/// <summary>The tree that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Net.sln")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException("Net.sln is in no folder above the tests");
    }
}
