using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Rest;

/// <summary>The failures of the API with kube-apiserver's codes, reasons and wording (k8s.io/apimachinery/pkg/api/errors).</summary>
internal static class ApiErrors
{
    public static ApiException BadRequest(string message) => new(400, "BadRequest", message);

    public static ApiException NotFound(ApiResource resource, string name) =>
        new(404, "NotFound", $"{resource.QualifiedName} \"{name}\" not found") { Name = name, Group = resource.Group, Kind = resource.Plural };

    public static ApiException NoSuchPath() => new(404, "NotFound", "the server could not find the requested resource");

    public static ApiException AlreadyExists(ApiResource resource, string name) =>
        new(409, "AlreadyExists", $"{resource.QualifiedName} \"{name}\" already exists") { Name = name, Group = resource.Group, Kind = resource.Plural };

    public static ApiException Conflict(ApiResource resource, string name, string why = "the object has been modified; please apply your changes to the latest version and try again") =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {resource.QualifiedName} \"{name}\": {why}") { Name = name, Group = resource.Group, Kind = resource.Plural };

    public static ApiException Invalid(ApiResource resource, string name, FieldErrors errors)
    {
        var list = errors.Items;
        var texts = list.Select(error => $"{error.Field}: {error.Message}").Distinct().ToArray();
        var message = texts.Length == 1 ? texts[0] : $"[{string.Join(", ", texts)}]";
        return new(422, "Invalid", $"{resource.QualifiedKind} \"{name}\" is invalid: {message}") { Name = name, Group = resource.Group, Kind = resource.Kind, Causes = list };
    }

    public static ApiException Forbidden(ApiResource resource, string name, string why, params StatusCause[] causes) =>
        new(403, "Forbidden", $"{resource.QualifiedName} {(name.Length == 0 ? string.Empty : $"\"{name}\" ")}is forbidden: {why}")
        {
            Name = name,
            Group = resource.Group,
            Kind = resource.Plural,
            Causes = causes,
        };

    public static ApiException MethodNotAllowed() => new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");

    public static ApiException NotAcceptable() =>
        new(406, "NotAcceptable", "only the following media types are accepted: application/json, application/json;as=Table;g=meta.k8s.io;v=v1, application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");

    public static ApiException UnsupportedMediaType(string given, string accepted) =>
        new(415, "UnsupportedMediaType", $"the body of the request was in an unknown format ({given}) - accepted media types include: {accepted}");

    public static ApiException TooLarge(long limit) => new(413, "RequestEntityTooLarge", $"limit is {limit}");

    /// <summary>410: the revision of a watch or a continue token is no longer kept.</summary>
    public static ApiException Expired(string message) => new(410, "Expired", message);

    public static ApiException TooOld(long asked, long kept) => Expired($"too old resource version: {asked} ({kept})");

    public static ApiException FutureRevision(long asked, long current) =>
        new(504, "Timeout", $"Too large resource version: {asked}, current: {current}")
        {
            RetryAfterSeconds = 1,
            Causes = [new("ResourceVersionTooLarge", "Too large resource version", null)],
        };

    public static ApiException NotImplemented(string message) => new(501, "NotImplemented", message);

    public static ApiException Unavailable(string message) => new(503, "ServiceUnavailable", message) { RetryAfterSeconds = 1 };

    public static ApiException TooManyRequests(string message, params StatusCause[] causes) => new(429, "TooManyRequests", message) { Causes = causes };

    public static ApiException Internal(string message) => new(500, "InternalError", $"Internal error occurred: {message}");
}
