using Podwire.Kube.Objects;

namespace Podwire.Kube;

/// <summary>
/// The API server answered no; <see cref="Status"/> is what it said. Failures to get an answer at all are
/// <see cref="HttpRequestException"/>, <see cref="IOException"/> or <see cref="TimeoutException"/>.
/// </summary>
public sealed class KubeApiException : Exception
{
    /// <summary>A refusal with what the server said.</summary>
    public KubeApiException(Status status, TimeSpan? retryAfter = null)
        : base(status.Message is { Length: > 0 } message ? message : $"the API server answered {status.Code} {status.Reason}")
    {
        Status = status;
        RetryAfter = retryAfter ?? (status.Details?.RetryAfterSeconds is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null);
    }

    /// <summary>What the server said.</summary>
    public Status Status { get; }

    /// <summary>The HTTP status code.</summary>
    public int Code => Status.Code ?? 0;

    /// <summary>One CamelCase word, such as <c>NotFound</c>; empty if the server gave none.</summary>
    public string Reason => Status.Reason ?? "";

    /// <summary>How long the server asks to wait before a retry, where it does.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>404: there is no such object or resource.</summary>
    public bool IsNotFound => Code == 404;

    /// <summary>409 because the object was changed in between: read it again and retry.</summary>
    public bool IsConflict => Code == 409 && Reason != "AlreadyExists";

    /// <summary>409 because there already is an object of that name.</summary>
    public bool IsAlreadyExists => Code == 409 && Reason == "AlreadyExists";

    /// <summary>410: the version asked for is too old; list again.</summary>
    public bool IsGone => Code == 410;

    /// <summary>422: the object is malformed.</summary>
    public bool IsInvalid => Code == 422;

    /// <summary>403: not allowed.</summary>
    public bool IsForbidden => Code == 403;

    /// <summary>True where the same request may succeed later: 429, 500, 502, 503, 504.</summary>
    public bool IsTransient => Code is 429 or 500 or 502 or 503 or 504;
}
