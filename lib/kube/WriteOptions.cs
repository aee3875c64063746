namespace Podwire.Kube;

/// <summary>How to write.</summary>
public sealed record WriteOptions
{
    /// <summary>The defaults.</summary>
    public static WriteOptions None { get; } = new();

    /// <summary>Who writes, for managed fields; needed by server-side apply.</summary>
    public string? FieldManager { get; init; }

    /// <summary><c>Strict</c>, <c>Warn</c> or <c>Ignore</c> towards unknown fields.</summary>
    public string? FieldValidation { get; init; }

    /// <summary>True: check, but do not store.</summary>
    public bool DryRun { get; init; }

    /// <summary>Server-side apply: take over fields that others own.</summary>
    public bool Force { get; init; }

    internal string Query()
    {
        var query = new QueryString();
        query.Add("fieldManager", FieldManager);
        query.Add("fieldValidation", FieldValidation);
        query.Add("dryRun", DryRun ? "All" : null);
        query.Add("force", Force ? "true" : null);
        return query.ToString();
    }
}
