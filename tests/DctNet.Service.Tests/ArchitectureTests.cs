using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using DctNet.Service.Hosting;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace DctNet.Service.Tests;

/// <summary>Which room of the service may look at which: DESIGN.md's list, held by a test. What lies at the root is seen by all.</summary>
public class ArchitectureTests
{
    private static readonly Architecture s_service = new ArchLoader().LoadAssembly(typeof(DctNetService).Assembly).Build();

    /// <summary>A room and the rooms it may see; what is missing here it may not. Hosting sees all.</summary>
    public static TheoryData<string, string[]> Rooms => new()
    {
        { "Options", [] },
        { "Wire", [] },
        { "Scheduling", ["Options"] },
        { "Uploads", ["Options"] },
        { "Composition", ["Options"] },
        { "Interceptors", ["Wire"] },
        { "Ledger", ["Options", "Composition"] },
        { "SoftBinding", ["Options", "Scheduling", "Uploads"] },
        { "Bulk", ["Options", "Scheduling", "Uploads", "Wire"] },
        { "Rpc", ["Options", "Scheduling", "Uploads", "Composition", "Wire", "Bulk"] },
    };

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_sees_only_the_rooms_it_may(string room, string[] visible)
    {
        string[] all = [.. Rooms.Select(row => row.Data.Item1), "Hosting"];
        var hidden = all.Except(visible).Except([room]).ToArray();
        var rule = Types().That().ResideInNamespaceMatching(Room(room))
            .Should().NotDependOnAny(Types().That().ResideInNamespaceMatching(Room(hidden)));
        Assert.Empty(rule.Evaluate(s_service).Where(result => !result.Passed).Select(result => result.Description));
    }

    private static string Room(params string[] rooms) => $@"^DctNet\.Service\.({string.Join('|', rooms)})(\..*)?$";
}
