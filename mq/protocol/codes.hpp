#pragma once
#include <cstdint>

// Numbers that stand in the `code` field of a frame (rocketmq-wire.md 2.1-2.5). Constants and not an enum,
// because any int32 may arrive and must be answered.
namespace mq::protocol {

namespace request_code {
// Produce.
inline constexpr std::int32_t kSendMessage = 10;
inline constexpr std::int32_t kSendMessageV2 = 310;
inline constexpr std::int32_t kSendBatchMessage = 320;
inline constexpr std::int32_t kSendReplyMessage = 324;
inline constexpr std::int32_t kSendReplyMessageV2 = 325;
inline constexpr std::int32_t kEndTransaction = 37;
inline constexpr std::int32_t kRecallMessage = 370;

// Consume.
inline constexpr std::int32_t kPullMessage = 11;
inline constexpr std::int32_t kLitePullMessage = 361;
inline constexpr std::int32_t kQueryConsumerOffset = 14;
inline constexpr std::int32_t kUpdateConsumerOffset = 15;
inline constexpr std::int32_t kSearchOffsetByTimestamp = 29;
inline constexpr std::int32_t kGetMaxOffset = 30;
inline constexpr std::int32_t kGetMinOffset = 31;
inline constexpr std::int32_t kGetEarliestStoreTime = 32;
inline constexpr std::int32_t kConsumerSendMsgBack = 36;
inline constexpr std::int32_t kQueryMessage = 12;
inline constexpr std::int32_t kViewMessageById = 33;

// Clients and groups.
inline constexpr std::int32_t kHeartBeat = 34;
inline constexpr std::int32_t kUnregisterClient = 35;
inline constexpr std::int32_t kCheckClientConfig = 46;
inline constexpr std::int32_t kGetConsumerListByGroup = 38;
inline constexpr std::int32_t kLockBatchMq = 41;
inline constexpr std::int32_t kUnlockBatchMq = 42;
inline constexpr std::int32_t kQueryAssignment = 400;
inline constexpr std::int32_t kSetMessageRequestMode = 401;
inline constexpr std::int32_t kPopMessage = 200050;
inline constexpr std::int32_t kAckMessage = 200051;
inline constexpr std::int32_t kPeekMessage = 200052;
inline constexpr std::int32_t kChangeMessageInvisibleTime = 200053;
inline constexpr std::int32_t kNotification = 200054;
inline constexpr std::int32_t kPollingInfo = 200055;
inline constexpr std::int32_t kBatchAckMessage = 200151;

// Server to client.
inline constexpr std::int32_t kCheckTransactionState = 39;
inline constexpr std::int32_t kNotifyConsumerIdsChanged = 40;
inline constexpr std::int32_t kResetConsumerClientOffset = 220;
inline constexpr std::int32_t kGetConsumerStatusFromClient = 221;
inline constexpr std::int32_t kGetConsumerRunningInfo = 307;
inline constexpr std::int32_t kConsumeMessageDirectly = 309;
inline constexpr std::int32_t kPushReplyMessageToClient = 326;

// Name server.
inline constexpr std::int32_t kPutKvConfig = 100;
inline constexpr std::int32_t kGetKvConfig = 101;
inline constexpr std::int32_t kDeleteKvConfig = 102;
inline constexpr std::int32_t kRegisterBroker = 103;
inline constexpr std::int32_t kUnregisterBroker = 104;
inline constexpr std::int32_t kGetRouteInfoByTopic = 105;
inline constexpr std::int32_t kGetBrokerClusterInfo = 106;
inline constexpr std::int32_t kWipeWritePermOfBroker = 205;
inline constexpr std::int32_t kGetAllTopicListFromNamesrv = 206;
inline constexpr std::int32_t kDeleteTopicInNamesrv = 216;
inline constexpr std::int32_t kRegisterTopicInNamesrv = 217;
inline constexpr std::int32_t kGetKvListByNamespace = 219;
inline constexpr std::int32_t kGetTopicsByCluster = 224;
inline constexpr std::int32_t kGetSystemTopicListFromNamesrv = 304;
inline constexpr std::int32_t kGetUnitTopicList = 311;
inline constexpr std::int32_t kGetHasUnitSubTopicList = 312;
inline constexpr std::int32_t kGetHasUnitSubUnunitTopicList = 313;
inline constexpr std::int32_t kUpdateNamesrvConfig = 318;
inline constexpr std::int32_t kGetNamesrvConfig = 319;
inline constexpr std::int32_t kQueryDataVersion = 322;
inline constexpr std::int32_t kAddWritePermOfBroker = 327;
inline constexpr std::int32_t kGetBrokerMemberGroup = 901;
inline constexpr std::int32_t kBrokerHeartbeat = 904;

// Broker administration.
inline constexpr std::int32_t kCreateTopic = 17;  // UPDATE_AND_CREATE_TOPIC
inline constexpr std::int32_t kCreateTopicList = 18;
inline constexpr std::int32_t kGetAllTopicConfig = 21;
inline constexpr std::int32_t kUpdateBrokerConfig = 25;
inline constexpr std::int32_t kGetBrokerConfig = 26;
inline constexpr std::int32_t kGetBrokerRuntimeInfo = 28;
inline constexpr std::int32_t kGetAllConsumerOffset = 43;
inline constexpr std::int32_t kCreateSubscriptionGroup = 200;  // UPDATE_AND_CREATE_SUBSCRIPTIONGROUP
inline constexpr std::int32_t kGetAllSubscriptionGroupConfig = 201;
inline constexpr std::int32_t kGetTopicStatsInfo = 202;
inline constexpr std::int32_t kGetConsumerConnectionList = 203;
inline constexpr std::int32_t kGetProducerConnectionList = 204;
inline constexpr std::int32_t kDeleteSubscriptionGroup = 207;
inline constexpr std::int32_t kGetConsumeStats = 208;
inline constexpr std::int32_t kDeleteTopic = 215;        // DELETE_TOPIC_IN_BROKER
inline constexpr std::int32_t kResetOffset = 222;        // INVOKE_BROKER_TO_RESET_OFFSET
inline constexpr std::int32_t kGetConsumerStatus = 223;  // INVOKE_BROKER_TO_GET_CONSUMER_STATUS
inline constexpr std::int32_t kCreateSubscriptionGroupList = 225;
inline constexpr std::int32_t kQueryTopicConsumeByWho = 300;
inline constexpr std::int32_t kQueryConsumeTimeSpan = 303;
inline constexpr std::int32_t kGetSystemTopicListFromBroker = 305;
inline constexpr std::int32_t kCleanExpiredConsumeQueue = 306;
inline constexpr std::int32_t kQueryCorrectionOffset = 308;
inline constexpr std::int32_t kCloneGroupOffset = 314;
inline constexpr std::int32_t kViewBrokerStatsData = 315;
inline constexpr std::int32_t kCleanUnusedTopic = 316;
inline constexpr std::int32_t kGetBrokerConsumeStats = 317;
inline constexpr std::int32_t kQueryConsumeQueue = 321;
inline constexpr std::int32_t kResumeCheckHalfMessage = 323;
inline constexpr std::int32_t kGetAllProducerInfo = 328;
inline constexpr std::int32_t kDeleteExpiredCommitLog = 329;
inline constexpr std::int32_t kQueryTopicsByConsumer = 343;
inline constexpr std::int32_t kQuerySubscriptionByConsumer = 345;
inline constexpr std::int32_t kGetTopicConfig = 351;
inline constexpr std::int32_t kGetSubscriptionGroupConfig = 352;
inline constexpr std::int32_t kUpdateAndGetGroupForbidden = 353;
inline constexpr std::int32_t kGetBrokerHaStatus = 907;
}  // namespace request_code

namespace response_code {
inline constexpr std::int32_t kSuccess = 0;
inline constexpr std::int32_t kSystemError = 1;
inline constexpr std::int32_t kSystemBusy = 2;
inline constexpr std::int32_t kRequestCodeNotSupported = 3;
inline constexpr std::int32_t kTransactionFailed = 4;
inline constexpr std::int32_t kFlushDiskTimeout = 10;
inline constexpr std::int32_t kSlaveNotAvailable = 11;
inline constexpr std::int32_t kFlushSlaveTimeout = 12;
inline constexpr std::int32_t kMessageIllegal = 13;
inline constexpr std::int32_t kServiceNotAvailable = 14;
inline constexpr std::int32_t kVersionNotSupported = 15;
inline constexpr std::int32_t kNoPermission = 16;
inline constexpr std::int32_t kTopicNotExist = 17;
inline constexpr std::int32_t kPullNotFound = 19;
inline constexpr std::int32_t kPullRetryImmediately = 20;
inline constexpr std::int32_t kPullOffsetMoved = 21;
inline constexpr std::int32_t kQueryNotFound = 22;
inline constexpr std::int32_t kSubscriptionParseFailed = 23;
inline constexpr std::int32_t kSubscriptionNotExist = 24;
inline constexpr std::int32_t kSubscriptionNotLatest = 25;
inline constexpr std::int32_t kSubscriptionGroupNotExist = 26;
inline constexpr std::int32_t kFilterDataNotExist = 27;
inline constexpr std::int32_t kFilterDataNotLatest = 28;
inline constexpr std::int32_t kInvalidParameter = 29;
inline constexpr std::int32_t kNoBuyerId = 204;
inline constexpr std::int32_t kNotInCurrentUnit = 205;
inline constexpr std::int32_t kConsumerNotOnline = 206;
inline constexpr std::int32_t kConsumeMsgTimeout = 207;
inline constexpr std::int32_t kNoMessage = 208;
inline constexpr std::int32_t kPollingFull = 209;
inline constexpr std::int32_t kPollingTimeout = 210;
inline constexpr std::int32_t kBrokerNotExist = 211;
inline constexpr std::int32_t kBroadcastConsumption = 213;
inline constexpr std::int32_t kFlowControl = 215;
inline constexpr std::int32_t kIllegalOperation = 604;
inline constexpr std::int32_t kGoAway = 1500;
}  // namespace response_code

}  // namespace mq::protocol
