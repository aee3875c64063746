using System.Globalization;

namespace Podwire.ApiServer.Rest;

/// <summary>The query of a list, watch or deletecollection (meta/v1 ListOptions).</summary>
internal sealed record ListOptions
{
    public required LabelSelector Labels { get; init; }

    public required FieldSelector Fields { get; init; }

    public long Limit { get; init; }

    public string? Continue { get; init; }

    /// <summary>Null if unset; 0 means any.</summary>
    public long? ResourceVersion { get; init; }

    public string? Match { get; init; }

    public bool AllowBookmarks { get; init; }

    public bool SendInitialEvents { get; init; }

    public TimeSpan? Timeout { get; init; }

    /// <exception cref="ApiException">400: a value is malformed, or values do not go together.</exception>
    public static ListOptions Read(ApiRequest request)
    {
        var options = new ListOptions
        {
            Labels = LabelSelector.Parse(request.Query("labelSelector")),
            Fields = FieldSelector.Parse(request.Query("fieldSelector"), request.Resource),
            Limit = request.Number("limit") ?? 0,
            Continue = request.Query("continue") is { Length: > 0 } token ? token : null,
            ResourceVersion = Version(request.Query("resourceVersion")),
            Match = request.Query("resourceVersionMatch") is { Length: > 0 } match ? match : null,
            AllowBookmarks = request.Flag("allowWatchBookmarks"),
            SendInitialEvents = request.Flag("sendInitialEvents"),
            Timeout = request.Number("timeoutSeconds") is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : null,
        };
        if (request.IsWatch)
        {
            options.CheckWatch();
        }
        else
        {
            options.CheckList();
        }

        return options;
    }

    private static long? Version(string? text) => string.IsNullOrEmpty(text)
        ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw ApiErrors.BadRequest($"Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax");

    private void CheckList()
    {
        if (SendInitialEvents)
        {
            throw ApiErrors.BadRequest("sendInitialEvents is forbidden for list");
        }

        if (Match is null)
        {
            return;
        }

        if (Match is not ("Exact" or "NotOlderThan"))
        {
            throw ApiErrors.BadRequest($"resourceVersionMatch: Unsupported value: \"{Match}\": supported values: \"Exact\", \"NotOlderThan\"");
        }

        if (ResourceVersion is null)
        {
            throw ApiErrors.BadRequest("resourceVersionMatch is forbidden unless resourceVersion is provided");
        }

        if (Continue is not null)
        {
            throw ApiErrors.BadRequest("resourceVersionMatch is forbidden when continue is provided");
        }

        if (Match == "Exact" && ResourceVersion == 0)
        {
            throw ApiErrors.BadRequest("resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"");
        }
    }

    private void CheckWatch()
    {
        if (SendInitialEvents && Match != "NotOlderThan")
        {
            throw ApiErrors.BadRequest("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        }

        if (!SendInitialEvents && Match is not null)
        {
            throw ApiErrors.BadRequest("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
        }
    }
}
