using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;
using Podwire.Primitives;

namespace Podwire.ApiServer.Services;

/// <summary>
/// ClusterIPs and NodePorts of services. What a write needs is taken before it and given back if it does not happen; what it no
/// longer needs is given back after it. At start the allocators are filled from the stored services.
/// </summary>
internal sealed class ServiceAllocations(IpPrefix range, int firstNodePort, int lastNodePort) : IWriteHook
{
    private const string Headless = "None";

    private readonly Lock guard = new();
    private readonly IpAllocator addresses = new(range);
    private readonly PortAllocator ports = new(firstNodePort, lastNodePort);

    /// <summary>How many addresses and ports are out.</summary>
    public (int Addresses, int Ports) Taken
    {
        get
        {
            lock (guard)
            {
                return (addresses.Taken, ports.Taken);
            }
        }
    }

    /// <summary>Takes what a stored service holds; tells what another holds already or the ranges do not contain.</summary>
    public IReadOnlyList<string> Adopt(JsonObject service)
    {
        var problems = new List<string>();
        lock (guard)
        {
            if (AddressOf(service) is { } address)
            {
                if (!addresses.IsInRange(address))
                {
                    problems.Add($"its ClusterIP {address} is outside {addresses.Range}");
                }
                else if (!addresses.TryTake(address))
                {
                    problems.Add($"its ClusterIP {address} belongs to another service as well");
                }
            }

            foreach (var port in PortsOf(service).Distinct())
            {
                if (!ports.IsInRange(port) || !ports.TryTake(port))
                {
                    problems.Add($"its NodePort {port} is outside the range or belongs to another service as well");
                }
            }
        }

        return problems;
    }

    public IReservation Reserve(ApiResource resource, JsonObject item, JsonObject? old)
    {
        var name = item.Object("metadata").Text("name") ?? string.Empty;
        var reservation = new Reservation(this);
        var errors = new FieldErrors();
        lock (guard)
        {
            ReserveAddress(item, old, reservation, errors);
            if (errors.IsEmpty)
            {
                ReservePorts(item, old, reservation, errors);
            }
        }

        if (!errors.IsEmpty)
        {
            reservation.Dispose();
            throw ApiErrors.Invalid(resource, name, errors);
        }

        return reservation;
    }

    public void Release(JsonObject item)
    {
        lock (guard)
        {
            if (AddressOf(item) is { } address)
            {
                addresses.Release(address);
            }

            foreach (var port in PortsOf(item))
            {
                ports.Release(port);
            }
        }
    }

    private static IpAddress? AddressOf(JsonObject? service) =>
        service?.Object("spec").Text("clusterIP") is { Length: > 0 } text and not Headless && IpAddress.TryParse(text, out var address) ? address : null;

    private static IEnumerable<int> PortsOf(JsonObject? service) =>
        service?.Object("spec").Objects("ports").Select(port => (int)(port.Number("nodePort") ?? 0)).Where(port => port > 0) ?? [];

    private void ReserveAddress(JsonObject item, JsonObject? old, Reservation reservation, FieldErrors errors)
    {
        var spec = item.Object("spec")!;
        var before = AddressOf(old);
        if (spec.Text("type") == "ExternalName" || spec.Text("clusterIP") == Headless)
        {
            reservation.Leave(before);
            return;
        }

        if (AddressOf(item) is { } wanted)
        {
            if (wanted == before)
            {
                return;
            }

            if (!addresses.IsInRange(wanted))
            {
                errors.Invalid("spec.clusterIPs", spec["clusterIPs"], $"failed to allocate IP {wanted}: the provided IP ({wanted}) is not in the valid range. The range of valid IPs is {addresses.Range}");
            }
            else if (!addresses.TryTake(wanted))
            {
                errors.Invalid("spec.clusterIPs", spec["clusterIPs"], $"failed to allocate IP {wanted}: provided IP is already allocated");
            }
            else
            {
                reservation.Took(wanted);
                reservation.Leave(before);
            }

            return;
        }

        if (!addresses.TryTakeNext(out var next))
        {
            throw ApiErrors.Internal($"failed to allocate a serviceIP: range {addresses.Range} is full");
        }

        reservation.Took(next);
        reservation.Leave(before);
        spec["clusterIP"] = next.ToString();
        spec["clusterIPs"] = new JsonArray(next.ToString());
    }

    private void ReservePorts(JsonObject item, JsonObject? old, Reservation reservation, FieldErrors errors)
    {
        var spec = item.Object("spec")!;
        var before = PortsOf(old).ToHashSet();
        var exposes = spec.Text("type") == "NodePort" || (spec.Text("type") == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"]?.GetValue<bool>() != false);
        var used = new HashSet<int>();
        var list = spec.Objects("ports").ToList();
        foreach (var (index, port) in list.Index())
        {
            var wanted = (int)(port.Number("nodePort") ?? 0);
            if (wanted == 0 || used.Contains(wanted))
            {
                continue;
            }

            if (before.Contains(wanted))
            {
                used.Add(wanted);
            }
            else if (!ports.IsInRange(wanted))
            {
                errors.Invalid($"spec.ports[{index}].nodePort", port["nodePort"], $"provided port is not in the valid range. The range of valid ports is {ports.First}-{ports.Last}");
            }
            else if (!ports.TryTake(wanted))
            {
                errors.Invalid($"spec.ports[{index}].nodePort", port["nodePort"], "provided port is already allocated");
            }
            else
            {
                reservation.Took(wanted);
                used.Add(wanted);
            }
        }

        foreach (var port in list.Where(port => exposes && (port.Number("nodePort") ?? 0) == 0))
        {
            // The same port over another protocol gets the same NodePort.
            var same = list.FirstOrDefault(other => other.Number("port") == port.Number("port") && other.Text("protocol") != port.Text("protocol") && other.Number("nodePort") > 0);
            var next = same is null ? ports.TakeNext() : (int)same.Number("nodePort")!.Value;
            if (next == 0)
            {
                throw ApiErrors.Internal($"failed to allocate a nodePort: range {ports.First}-{ports.Last} is full");
            }

            if (same is null)
            {
                reservation.Took(next);
            }

            used.Add(next);
            port["nodePort"] = (long)next;
        }

        foreach (var port in before.Where(port => !used.Contains(port)))
        {
            reservation.Leave(port);
        }
    }

    private sealed class Reservation(ServiceAllocations owner) : IReservation
    {
        private readonly List<IpAddress> takenAddresses = [];
        private readonly List<IpAddress> leftAddresses = [];
        private readonly List<int> takenPorts = [];
        private readonly List<int> leftPorts = [];
        private bool isDone;

        public void Took(IpAddress address) => takenAddresses.Add(address);

        public void Took(int port) => takenPorts.Add(port);

        public void Leave(IpAddress? address)
        {
            if (address is { } there)
            {
                leftAddresses.Add(there);
            }
        }

        public void Leave(int port) => leftPorts.Add(port);

        public void Commit() => End(leftAddresses, leftPorts);

        public void Dispose() => End(takenAddresses, takenPorts);

        private void End(List<IpAddress> freeAddresses, List<int> freePorts)
        {
            lock (owner.guard)
            {
                if (isDone)
                {
                    return;
                }

                isDone = true;
                freeAddresses.ForEach(owner.addresses.Release);
                freePorts.ForEach(owner.ports.Release);
            }
        }
    }
}
